//! `Wakers`: the tasks that wait for an event that comes once.

use std::task::{Context, Waker};

/// The wakers of those who wait, each at a place of its own.
///
/// It stands behind the lock of its owner. What its methods return is dropped after unlocking, because
/// a waker may be the last owner of a task, whose destructor may take that lock.
#[derive(Default)]
pub(crate) struct Wakers {
    places: Vec<Place>,
    /// The place that is given next. The free ones are a list; its end is the length.
    next: usize,
}

enum Place {
    Taken(Waker),
    /// With the next free one.
    Free(usize),
}

impl Wakers {
    /// Registers a task at its place, which it gets the first time. The replaced waker is returned.
    #[must_use]
    pub(crate) fn register(
        &mut self,
        place: &mut Option<usize>,
        cx: &Context<'_>,
    ) -> Option<Waker> {
        if let Some(Place::Taken(known)) = place.and_then(|place| self.places.get_mut(place)) {
            let is_known = known.will_wake(cx.waker());
            return (!is_known).then(|| std::mem::replace(known, cx.waker().clone()));
        }
        let taken = Place::Taken(cx.waker().clone());
        *place = Some(self.next);
        match self.places.get_mut(self.next) {
            Some(free) => {
                if let Place::Free(next) = std::mem::replace(free, taken) {
                    self.next = next;
                }
            }
            None => {
                self.places.push(taken);
                self.next = self.places.len();
            }
        }
        None
    }

    /// Frees the place of a task that waits no longer, and returns its waker.
    #[must_use]
    pub(crate) fn remove(&mut self, place: usize) -> Option<Waker> {
        let known = self.places.get_mut(place)?;
        if matches!(known, Place::Free(_)) {
            return None;
        }
        let taken = std::mem::replace(known, Place::Free(self.next));
        self.next = place;
        match taken {
            Place::Taken(waker) => Some(waker),
            Place::Free(_) => None,
        }
    }

    /// Forgets all wakers, and keeps the room for them.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.next = 0;
    }

    /// How many wait.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        let places = self.places.iter();
        places
            .filter(|place| matches!(place, Place::Taken(_)))
            .count()
    }

    /// Wakes all. It is called after unlocking, on what [`std::mem::take`] gave.
    pub(crate) fn wake(self) {
        for place in self.places {
            if let Place::Taken(waker) = place {
                waker.wake();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_left_is_given_again() {
        let mut wakers = Wakers::default();
        let cx = Context::from_waker(Waker::noop());
        let mut places = [None; 3];
        for place in &mut places {
            assert!(wakers.register(place, &cx).is_none());
            // It keeps its place; whether the waker is the same is the waker's word.
            drop(wakers.register(place, &cx));
        }
        assert_eq!(places, [Some(0), Some(1), Some(2)]);
        assert!(wakers.remove(0).is_some());
        assert!(wakers.remove(2).is_some());
        assert!(wakers.remove(2).is_none() && wakers.remove(7).is_none());
        let mut others = [None; 3];
        for place in &mut others {
            assert!(wakers.register(place, &cx).is_none());
        }
        assert_eq!(others, [Some(2), Some(0), Some(3)]);
    }
}
