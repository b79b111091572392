use signal_hook::consts::{SIGHUP, SIGINT};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Once};

/// Lets programs that are started from here get SIGINT and SIGHUP. What a shell starts in the background or `nohup` starts has them
/// ignored, and children inherit that; what is handled here is back at its default in a child.
pub fn reach_children() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in [SIGINT, SIGHUP] {
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::new(AtomicBool::new(true)))
                .expect("a handler");
        }
    });
}
