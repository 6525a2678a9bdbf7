//! The measured results.

/// One measurement.
struct Row {
    kind: String,
    stack: String,
    work: String,
    variant: String,
    value: f64,
}

/// All measurements, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Results(Vec<Row>);

impl Results {
    /// Adds the rows of a file.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), String> {
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, stack, work, variant, value] = fields[..] else {
                return Err(format!("not a row: {line}"));
            };
            self.0.push(Row {
                kind: kind.to_owned(),
                stack: stack.to_owned(),
                work: work.to_owned(),
                variant: variant.to_owned(),
                value: value.parse().map_err(|_| format!("no value: {line}"))?,
            });
        }
        Ok(())
    }

    /// The workloads that were measured for a kind.
    pub(crate) fn works(&self, kind: &str) -> Vec<&str> {
        let mut works = Vec::new();
        for row in self.0.iter().filter(|row| row.kind == kind) {
            if !works.contains(&row.work.as_str()) {
                works.push(&row.work);
            }
        }
        works
    }

    /// The median of a measurement.
    pub(crate) fn value(&self, kind: &str, stack: &str, work: &str, variant: &str) -> Option<f64> {
        let is_it = |row: &&Row| {
            row.kind == kind && row.stack == stack && row.work == work && row.variant == variant
        };
        let mut values: Vec<f64> = self.0.iter().filter(is_it).map(|row| row.value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// Native and gateway.
    pub(crate) fn pair(&self, kind: &str, stack: &str, work: &str) -> Option<(f64, f64)> {
        let native = self.value(kind, stack, work, "native")?;
        Some((native, self.value(kind, stack, work, "gateway")?))
    }
}

/// A whole number with its thousands separated.
pub(crate) fn number(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if value <= -0.5 {
        format!("-{text}")
    } else {
        text
    }
}
