use std::sync::{Condvar, Mutex, MutexGuard};

/// A value that the holders of tickets 0, 1, 2 … use one after the other, whatever order they arrive in.
pub(crate) struct InTurn<T> {
    state: Mutex<State<T>>,
    moved: Condvar,
}

struct State<T> {
    next: u64,
    waiting: usize,
    value: T,
}

impl<T> InTurn<T> {
    pub(crate) fn new(value: T) -> Self {
        InTurn { state: Mutex::new(State { next: 0, waiting: 0, value }), moved: Condvar::new() }
    }

    /// Waits until all tickets before `ticket` are done, then runs `work`. The turn passes on even if `work` panics.
    pub(crate) fn take<R>(&self, ticket: u64, work: impl FnOnce(&mut T) -> R) -> R {
        let mut state = self.lock();
        if state.next != ticket {
            state.waiting += 1;
            state = self.moved.wait_while(state, |s| s.next != ticket).unwrap_or_else(std::sync::PoisonError::into_inner);
            state.waiting -= 1;
        }
        let mut pass = PassOn { turn: self, state };
        work(&mut pass.state.value)
    }

    #[cfg(test)]
    fn into_inner(self) -> T {
        self.state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).value
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

struct PassOn<'a, T> {
    turn: &'a InTurn<T>,
    state: MutexGuard<'a, State<T>>,
}

impl<T> Drop for PassOn<'_, T> {
    fn drop(&mut self) {
        self.state.next += 1;
        // A wake-up is a system call even if nobody sleeps.
        if self.state.waiting > 0 {
            self.turn.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InTurn;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn keeps_the_order_of_tickets() {
        let turn = InTurn::new(Vec::new());
        std::thread::scope(|scope| {
            for worker in 0..4u64 {
                let turn = &turn;
                scope.spawn(move || {
                    for round in (0..25).map(|i| i * 4 + 3 - worker) {
                        turn.take(round, |seen| seen.push(round));
                    }
                });
            }
        });
        assert_eq!(turn.into_inner(), (0..100).collect::<Vec<u64>>());
    }

    #[test]
    fn a_panic_does_not_hold_up_the_rest() {
        let turn = InTurn::new(0);
        assert!(catch_unwind(AssertUnwindSafe(|| turn.take(0, |_| panic!("expected by the test")))).is_err());
        turn.take(1, |n| *n += 1);
        assert_eq!(turn.into_inner(), 1);
    }
}
