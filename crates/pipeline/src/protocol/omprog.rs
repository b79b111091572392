//! rsyslog's `omprog` with `confirmMessages="on"`: `OK` once when ready, then one line per message, when it is safely written.
//! With `useTransactions="on"` the control lines are confirmed too; they are no events.

/// The confirmation of one message, of a control line, and the sign of being ready.
pub(crate) const OK: &[u8] = b"OK\n";

/// Sent now and then while a confirmation has to wait: omprog gives up after 10 s of silence.
pub(crate) const KEEP_ALIVE: &[u8] = b".";

/// True for a line with which omprog opens or closes a transaction.
pub(crate) fn is_control(line: &[u8]) -> bool {
    line == b"BEGIN TRANSACTION" || line == b"COMMIT TRANSACTION"
}
