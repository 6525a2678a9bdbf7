//! Names of hosts, and patterns of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::field;

/// RFC 1035 section 2.3.4: no name is longer.
pub(super) const LONGEST: usize = 255;

/// Values by host: a name, or a pattern `*.name` for every name below one.
pub(super) struct HostNames<T> {
    names: HashMap<String, T>,
    /// The patterns, without their `*.`.
    suffixes: HashMap<String, T>,
    longest_suffix: usize,
}

impl<T> HostNames<T> {
    pub(super) fn new() -> Self {
        Self {
            names: HashMap::new(),
            suffixes: HashMap::new(),
            longest_suffix: 0,
        }
    }

    pub(super) fn insert(&mut self, host: &str, value: T) {
        let (values, name) = match host.strip_prefix("*.") {
            Some(suffix) => (&mut self.suffixes, normal(suffix)),
            None => (&mut self.names, normal(host)),
        };
        if host.starts_with("*.") {
            self.longest_suffix = self.longest_suffix.max(name.len());
        }
        values.insert(name.into_owned(), value);
    }

    /// All values: of the names, then of the patterns, each in their order.
    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        let mut names: Vec<_> = self.names.iter().collect();
        let mut suffixes: Vec<_> = self.suffixes.iter().collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        suffixes.sort_unstable_by_key(|(suffix, _)| *suffix);
        names.into_iter().chain(suffixes).map(|(_, value)| value)
    }

    /// The value of a name: a name wins over a pattern, the longer pattern over the shorter.
    pub(super) fn find(&self, host: &str) -> Option<&T> {
        let host = normal(host);
        field::count(host.len());
        if let Some(value) = self.names.get(&*host) {
            return Some(value);
        }
        let mut rest = &*host;
        // From the longest suffix to the shortest, one look-up for each label.
        while let Some((label, suffix)) = rest.split_once('.') {
            field::count(label.len());
            // `*` stands for a label, and an empty one is none.
            if label.is_empty() {
                break;
            }
            // A look-up reads all of its key: what is too long is not looked up.
            if suffix.len() <= self.longest_suffix {
                field::count(suffix.len());
                if let Some(value) = self.suffixes.get(suffix) {
                    return Some(value);
                }
            }
            rest = suffix;
        }
        None
    }
}

impl<T> fmt::Debug for HostNames<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostNames")
            .field("names", &self.names.keys())
            .field("suffixes", &self.suffixes.keys())
            .finish()
    }
}

/// A name as it is compared: in lower case, without the dot of the root.
fn normal(host: &str) -> Cow<'_, str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::assert_linear;

    #[test]
    fn hosts_are_linear() {
        let mut names = HostNames::new();
        for host in ["*.a.example", "*.a", "b.a.example", "*.b.c.d.e.f.example"] {
            names.insert(host, ());
        }
        for unit in ["a.", ".", "a", "A.", "a.example.", "-"] {
            assert_linear(unit, |size| {
                let _ = names.find(&unit.repeat(size));
                let _ = names.find(&format!("{}x.example", unit.repeat(size)));
            });
        }
    }
}
