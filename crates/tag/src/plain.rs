//! Answers a line of text from what lines like it said before.
//!
//! Of most lines of text a decoder says no more than which program spoke, or that nobody knows it; what else there is to say repeats with
//! the message. The finished object is kept by what decides (see [`vires_source::text`]). A line in which anything stands that a
//! credential begins with goes the long way, and the memory is filled by the long way alone, so that no answer depends on what was met
//! before.

use crate::leak::Leaks;
use crate::memo::Cache;
use crate::others::{Other, Places};
use crate::said::Said;
use crate::tags::{Problem, Tags};
use vires_source::text::{Told, decides_alone, parts};
use vires_source::{Opened, Shape};

/// Longer messages hardly repeat, and are not kept.
const MAX_KEY: usize = 768;

/// The memory of one thread.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    unknown: Option<Said>,
    programs: Cache<Said, 512>,
    messages: Cache<Said, 1024>,
    key: Vec<u8>,
}

impl Kept {
    /// What is said of `line`, and what stands in the places of it, if lines like it were met.
    pub(crate) fn find<'l>(&mut self, line: &'l [u8], leaks: &Leaks) -> Option<Other<'_, 'l>> {
        if line.first() == Some(&b'{') {
            return None;
        }
        let text = simdutf8::basic::from_utf8(line).ok()?;
        let parts = parts(text)?;
        let Kept { unknown, programs, messages, key } = self;
        let said = match parts.told {
            Told::Unknown => unknown.as_ref(),
            Told::ByProgram(program) => programs.get(program.as_bytes()),
            Told::ByMessage => None,
        };
        let said = match (said, parts.told) {
            (None, Told::ByProgram(_) | Told::ByMessage) => {
                key.clear();
                parts.key(MAX_KEY, key)?;
                messages.get(key)
            }
            (said, _) => said,
        };
        let (said, places) = (said?, Places::Text { line: text, time: parts.time() });
        (!leaks.any_begins(line)).then_some(Other { said, places })
    }

    /// Learns from a line that went the long way. Gives the number of what is said of lines like it, if they will be met.
    pub(crate) fn learn(&mut self, line: &Opened<'_>, tags: &Tags<'_>, leaks: &Leaks, last: &mut u64) -> Option<u64> {
        // What was mended is not what the line says.
        if !matches!(line.shape, Shape::Text) || !line.valid_utf8 || !line.layers.is_empty() {
            return None;
        }
        let parts = parts(line.text).filter(|_| !leaks.any_begins(line.text.as_bytes()))?;
        let Kept { unknown, programs, messages, key } = self;
        let mut said = || Said::new(tags, line, last);
        match parts.told {
            Told::Unknown if tags.error == Some(Problem::NotJson) => {
                if unknown.is_none() {
                    *unknown = said();
                }
                unknown.as_ref().map(|said| said.number)
            }
            Told::Unknown => None,
            Told::ByProgram(program) if decides_alone(program) => learned(programs, program.as_bytes(), said),
            Told::ByProgram(_) | Told::ByMessage => {
                key.clear();
                parts.key(MAX_KEY, key)?;
                learned(messages, key, said)
            }
        }
    }
}

/// The number of what is kept by `key`; what is not is made.
fn learned<const SIZE: usize>(kept: &mut Cache<Said, SIZE>, key: &[u8], make: impl FnOnce() -> Option<Said>) -> Option<u64> {
    if let Some(known) = kept.get(key) {
        return Some(known.number);
    }
    let said = make()?;
    let number = said.number;
    kept.put(key, said);
    Some(number)
}
