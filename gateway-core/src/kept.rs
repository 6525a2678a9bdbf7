//! `Kept`: memory of ended requests, in a thread-local variable. Later requests on the same thread
//! use it again (L5).

use std::cell::RefCell;
use std::thread::LocalKey;

use http::HeaderMap;

/// So many values are kept: as many requests as one thread usually has at once.
const MOST: usize = 64;

/// A header map with a larger capacity is not kept.
const MOST_HEADERS: usize = 96;

/// Values that one thread keeps. Without a lock, and without a place in the gateway.
pub(crate) struct Kept<T>(RefCell<Stack<T>>);

struct Stack<T> {
    values: Vec<T>,
    /// A thread that never takes a value keeps none: nobody would use it.
    takes: bool,
}

impl<T> Kept<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Stack {
            values: Vec::new(),
            takes: false,
        }))
    }

    /// The value that was kept last and that fits.
    #[inline]
    pub(crate) fn take(this: &'static LocalKey<Self>, fits: impl Fn(&T) -> bool) -> Option<T> {
        // Not returned by the closure, because a large value would be moved once more.
        let mut taken = None;
        // A thread that ends keeps nothing.
        let _ = this.try_with(|Self(stack)| {
            let Ok(mut stack) = stack.try_borrow_mut() else {
                return;
            };
            stack.takes = true;
            if stack.values.last().is_some_and(&fits) {
                taken = stack.values.pop();
            } else if let Some(place) = stack.values.iter().rposition(fits) {
                taken = Some(stack.values.remove(place));
            }
        });
        taken
    }

    /// Keeps a value. The one that was kept first goes if there are too many.
    #[inline]
    pub(crate) fn keep(this: &'static LocalKey<Self>, value: T) {
        // What goes is dropped when nothing is borrowed.
        drop(this.try_with(|Self(stack)| {
            let Ok(mut stack) = stack.try_borrow_mut() else {
                return Some(value);
            };
            if !stack.takes {
                return Some(value);
            }
            let first = (stack.values.len() >= MOST).then(|| stack.values.remove(0));
            stack.values.push(value);
            first
        }));
    }
}

thread_local! {
    static MAPS: Kept<HeaderMap> = const { Kept::new() };
}

/// An empty map, with the room of an earlier one if there is one.
#[inline]
pub(crate) fn take_map() -> HeaderMap {
    Kept::take(&MAPS, |_| true).unwrap_or_default()
}

/// Empties a map and keeps it for a later head.
#[inline]
pub(crate) fn keep_map(mut headers: HeaderMap) {
    match headers.capacity() {
        // Nothing to drop. The destructor would look for it.
        0 => std::mem::forget(headers),
        1..=MOST_HEADERS => {
            if !headers.is_empty() {
                headers.clear();
            }
            Kept::keep(&MAPS, headers);
        }
        _ => drop(headers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static NUMBERS: Kept<usize> = const { Kept::new() };
    }

    fn take() -> Option<usize> {
        Kept::take(&NUMBERS, |_| true)
    }

    #[test]
    fn l5_a_thread_keeps_a_bounded_number_of_what_it_uses() {
        Kept::keep(&NUMBERS, 7);
        assert_eq!(take(), None, "kept by a thread that takes none");
        for number in 0..=MOST {
            Kept::keep(&NUMBERS, number);
        }
        assert_eq!(Kept::take(&NUMBERS, |number| number % 10 == 3), Some(63));
        assert_eq!(Kept::take(&NUMBERS, |number| *number == 0), None);
        let kept: Vec<usize> = std::iter::from_fn(take).collect();
        assert_eq!((kept.len(), kept.last()), (MOST - 1, Some(&1)));
    }

    #[test]
    fn l5_a_kept_map_is_empty_and_of_limited_size() {
        assert_eq!(take_map().capacity(), 0);
        let mut small = HeaderMap::new();
        small.insert("x-secret", http::HeaderValue::from_static("secret"));
        let room = small.capacity();
        keep_map(small);
        keep_map(HeaderMap::with_capacity(MOST_HEADERS + 1));
        let map = take_map();
        assert!(map.is_empty() && map.capacity() == room);
        assert_eq!(take_map().capacity(), 0);
    }
}
