//! The specification: SPEC.md as documentation, whose examples are compiled as tests, and the list
//! of its clauses.
#![doc = include_str!("../SPEC.md")]

/// The text of SPEC.md.
pub const TEXT: &str = include_str!("../SPEC.md");

/// The version of SPEC.md, such as `0.3`. It is not that of this crate.
pub const VERSION: &str = "0.3";

/// One clause of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clause {
    /// The stable name, such as `B7`.
    pub id: &'static str,
    /// Whom it binds, such as `gateway, middleware`.
    pub bearers: &'static str,
    /// What it demands and why, in Markdown, with the lines of SPEC.md.
    pub text: &'static str,
    /// True if the lint detects breaches of it: the ✓ of SPEC.md.
    pub is_checked: bool,
}

/// Every clause, in the order of SPEC.md.
///
/// # Examples
///
/// ```
/// use gateway_core::spec::clauses;
///
/// let mut all = clauses();
/// let clause = all.find(|clause| clause.id == "B7").ok_or("B7 is gone")?;
/// assert_eq!(clause.bearers, "gateway");
/// assert!(clause.text.starts_with("a 204 MUST have no body"));
/// # Ok::<(), &str>(())
/// ```
#[doc(alias = "CLAUSES")]
pub fn clauses() -> impl Iterator<Item = Clause> {
    sections().flat_map(|section| section.split("\n- **").filter_map(parse))
}

/// The clauses of each letter, and those of the helpers, between their marks.
fn sections() -> impl Iterator<Item = &'static str> {
    let after_marks = TEXT.split("<!-- clauses ").skip(1);
    after_marks.filter_map(|rest| {
        let (_letter, rest) = rest.split_once(" -->")?;
        rest.split_once("\n<!-- end ").map(|(section, _)| section)
    })
}

/// A clause from what follows its `- **`.
fn parse(item: &'static str) -> Option<Clause> {
    let (id, rest) = item.split_once("** (")?;
    let (bearers, text) = rest.split_once("): ")?;
    let text = text.trim();
    let checked = text.strip_suffix('\u{2713}');
    Some(Clause {
        id,
        bearers,
        text: checked.unwrap_or(text).trim_end(),
        is_checked: checked.is_some(),
    })
}
