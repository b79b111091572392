use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What the program says about itself while it streams: to a file, or to nobody. Never to standard error, which several shippers
/// read as data.
#[derive(Debug, Default)]
pub struct Log {
    file: Option<Mutex<File>>,
}

impl Log {
    /// Appends to `path`; without one nothing is kept.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(|path| OpenOptions::new().append(true).create(true).open(path)).transpose()?;
        Ok(Log { file: file.map(Mutex::new) })
    }

    /// Writes one line with the time in front.
    #[expect(clippy::disallowed_methods, reason = "tells people when; no answer depends on it")]
    pub fn say(&self, text: &str) {
        let Some(file) = &self.file else { return };
        // Text may quote a file name or an error from outside: one entry stays one line.
        let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = format!("{:.3} {clean}\n", jiff::Timestamp::now());
        // A log that cannot be written must not stop the stream.
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }

    /// From now on a panic is written here and nowhere else.
    pub fn take_panics(self: &Arc<Self>) {
        let log = Arc::clone(self);
        std::panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(String::new, |l| format!("{}:{}: ", l.file(), l.line()));
            // The message may quote the event, which may hold a secret: the place says enough.
            log.say(&format!("internal error at {place}please report it"));
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::Log;
    use std::sync::Arc;

    /// The text of a panic may quote an event, and an event may hold a secret.
    #[test]
    fn a_panic_shows_its_place_and_not_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vires.log");
        let usual = std::panic::take_hook();
        Arc::new(Log::open(Some(&path)).unwrap()).take_panics();
        let fallen = std::thread::spawn(|| panic!("of the event {{\"password\":\"hunter2\"}}")).join();
        std::panic::set_hook(usual);
        assert!(fallen.is_err());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("internal error at ") && text.contains("log.rs:"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn one_entry_is_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vires.log");
        let log = Log::open(Some(&path)).unwrap();
        log.say("a\nb");
        log.say("c");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().map(|l| l.split_once(' ').unwrap().1).collect();
        assert_eq!(lines, ["a b", "c"]);
        assert!(Log::open(Some(dir.path())).is_err());
        Log::default().say("to nobody");
    }
}
