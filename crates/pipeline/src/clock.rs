use std::time::{SystemTime, UNIX_EPOCH};
use vires_event::Millis;

/// What this machine's clock says. No verdict may rest on it but where somebody asked for that.
#[expect(clippy::disallowed_methods, reason = "the one place that asks; who calls it says why")]
pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}
