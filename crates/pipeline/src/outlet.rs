use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Where items that were made in any order leave in that of their tickets 0, 1, 2 … Whoever brings one too early puts it by and goes
/// on: waiting for a turn costs two switches of threads, which can take longer than the work on a block.
pub(crate) struct Outlet<S, T> {
    state: Mutex<State<S, T>>,
    moved: Condvar,
    /// How far ahead of the next one an item may be put by.
    room: u64,
}

struct State<S, T> {
    next: u64,
    /// Where items go; away while somebody sends.
    sink: Option<S>,
    early: BTreeMap<u64, T>,
    /// What was sent: its memory serves the next ones.
    used: Vec<T>,
    waiting: usize,
}

impl<S, T> Outlet<S, T> {
    pub(crate) fn new(sink: S, room: usize) -> Self {
        let state = State { next: 0, sink: Some(sink), early: BTreeMap::new(), used: Vec::new(), waiting: 0 };
        Outlet { state: Mutex::new(state), moved: Condvar::new(), room: room as u64 }
    }

    /// Brings the item of `ticket` and gives back one that was sent, if there is one. If it is this item's turn, `send` is called for
    /// it and for those behind it that were put by. One that must not be `put_by`, because of its size, waits for its turn.
    pub(crate) fn bring(&self, ticket: u64, item: T, put_by: bool, send: impl Fn(&mut S, &mut T)) -> Option<T> {
        let mut state = self.lock();
        while if put_by { ticket > state.next + self.room } else { ticket != state.next || state.sink.is_none() } {
            state.waiting += 1;
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.early.insert(ticket, item);
        while let Some((sink, mut item)) = state.due() {
            drop(state);
            let mut lent = Lent { outlet: self, sink: Some(sink) };
            if let Some(sink) = &mut lent.sink {
                send(sink, &mut item);
            }
            drop(lent);
            state = self.lock();
            state.used.push(item);
        }
        state.used.pop()
    }

    /// The sink, unless somebody died with it.
    pub(crate) fn into_inner(self) -> Option<S> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).sink
    }

    fn lock(&self) -> MutexGuard<'_, State<S, T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, T> State<S, T> {
    /// The next item and the sink, if both are here.
    fn due(&mut self) -> Option<(S, T)> {
        let sink = self.sink.take()?;
        let Some(item) = self.early.remove(&self.next) else {
            self.sink = Some(sink);
            return None;
        };
        self.next += 1;
        Some((sink, item))
    }
}

/// A sink that comes back even if what is done with it panics.
struct Lent<'a, S, T> {
    outlet: &'a Outlet<S, T>,
    sink: Option<S>,
}

impl<S, T> Drop for Lent<'_, S, T> {
    fn drop(&mut self) {
        let mut state = self.outlet.lock();
        state.sink = self.sink.take();
        // A wake-up is a system call even if nobody sleeps.
        if state.waiting > 0 {
            self.outlet.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Outlet;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn sends_in_the_order_of_tickets_whatever_order_they_come_in() {
        for room in [0, 1, 3] {
            let outlet = Outlet::new(Vec::new(), room);
            std::thread::scope(|scope| {
                for worker in 0..4u64 {
                    let outlet = &outlet;
                    scope.spawn(move || {
                        for ticket in (0..200).map(|i| i * 4 + 3 - worker) {
                            outlet.bring(ticket, ticket, ticket % 7 != 0, |seen, ticket| seen.push(*ticket));
                        }
                    });
                }
            });
            assert_eq!(outlet.into_inner().unwrap(), (0..800).collect::<Vec<u64>>());
        }
    }

    #[test]
    fn what_comes_early_is_put_by_and_its_memory_comes_back() {
        let outlet = Outlet::new(String::new(), 2);
        let send = |seen: &mut String, item: &mut String| seen.push_str(item);
        assert_eq!(outlet.bring(1, "b".into(), true, send), None);
        assert_eq!(outlet.bring(2, "c".into(), true, send), None);
        assert!(outlet.bring(0, "a".into(), true, send).is_some());
        assert!(outlet.bring(3, "d".into(), true, send).is_some());
        assert_eq!(outlet.into_inner().unwrap(), "abcd");
    }

    #[test]
    fn a_panic_does_not_hold_up_the_rest() {
        let outlet = Outlet::new(0, 1);
        assert!(catch_unwind(AssertUnwindSafe(|| outlet.bring(0, (), true, |_, ()| panic!("expected by the test")))).is_err());
        outlet.bring(1, (), true, |n, ()| *n += 1);
        assert_eq!(outlet.into_inner(), Some(1));
    }
}
