//! The measured results.

use std::fmt;

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
        let lines = text.lines();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
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

    /// What was measured, once for each turn, in the order of the turns.
    fn turns(&self, kind: &str, stack: &str, work: &str, variant: &str) -> Vec<f64> {
        let is_it = |row: &&Row| {
            row.kind == kind && row.stack == stack && row.work == work && row.variant == variant
        };
        self.0.iter().filter(is_it).map(|row| row.value).collect()
    }

    /// The median and the quartiles of a measurement.
    pub(crate) fn spread(
        &self,
        kind: &str,
        stack: &str,
        work: &str,
        variant: &str,
    ) -> Option<Spread> {
        Spread::of(self.turns(kind, stack, work, variant))
    }

    /// The median of a measurement.
    pub(crate) fn value(&self, kind: &str, stack: &str, work: &str, variant: &str) -> Option<f64> {
        Some(self.spread(kind, stack, work, variant)?.median)
    }

    /// The medians of native and gateway.
    pub(crate) fn pair(&self, kind: &str, stack: &str, work: &str) -> Option<(f64, f64)> {
        let native = self.value(kind, stack, work, "native")?;
        Some((native, self.value(kind, stack, work, "gateway")?))
    }

    /// Native and gateway, and the ratio of each turn.
    pub(crate) fn beside(&self, kind: &str, stack: &str, work: &str) -> Option<Beside> {
        self.beside_peer(kind, stack, work, "native")
    }

    /// The same, with something else in the place of native.
    pub(crate) fn beside_peer(
        &self,
        kind: &str,
        stack: &str,
        work: &str,
        peer: &str,
    ) -> Option<Beside> {
        let natives = self.turns(kind, stack, work, peer);
        let gateways = self.turns(kind, stack, work, "gateway");
        let pairs = natives.iter().zip(&gateways);
        Some(Beside {
            ratios: Spread::of(pairs.map(|(native, gateway)| gateway / native).collect())?,
            native: Spread::of(natives)?,
            gateway: Spread::of(gateways)?,
        })
    }
}

/// A measurement of several turns.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
    pub(crate) turns: usize,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        // Between two values, as statistics programs do it.
        let at = |share: f64| {
            let place = share * (values.len().checked_sub(1)? as f64);
            let below = *values.get(place.floor() as usize)?;
            let above = *values.get(place.ceil() as usize)?;
            Some(below + (above - below) * place.fract())
        };
        Some(Self {
            low: at(0.25)?,
            median: at(0.5)?,
            high: at(0.75)?,
            turns: values.len(),
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&number(self.median))?;
        if self.turns > 1 {
            write!(f, " ({} to {})", number(self.low), number(self.high))?;
        }
        Ok(())
    }
}

/// A gateway's figure beside the native one.
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub(crate) native: Spread,
    pub(crate) gateway: Spread,
    /// Of the pairs of each turn.
    pub(crate) ratios: Spread,
}

impl Beside {
    /// Of the medians.
    pub(crate) fn ratio(&self) -> f64 {
        self.gateway.median / self.native.median
    }

    /// `1.03 (1.01 to 1.05)`: the ratio of the medians, and the quartiles of the pairs' ratios.
    pub(crate) fn ratio_text(&self) -> String {
        let ratio = self.ratio();
        if self.ratios.turns < 2 {
            return format!("{ratio:.2}");
        }
        format!(
            "{ratio:.2} ({:.2} to {:.2})",
            self.ratios.low, self.ratios.high
        )
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
