//! The classifier behind a C ABI, for shippers that load a library instead of running a program: Fluent Bit's Lua filter, a C plugin.
//!
//! Two questions, [`vires_tag()`] (the whole line with its `nhi` object) and [`vires_nhi`] (the object alone), and [`vires_free`] for
//! every answer. `integrations/fluent-bit/vires.h` is the same for C. All of it may be called from any thread at once. The built-in
//! catalogue is compiled by the first question, which takes some ten milliseconds.
//!
//! ```
//! use vires_ffi::{vires_free, vires_tag};
//!
//! let line = br#"{"a":1}"#;
//! // SAFETY: the pointer and the length are those of a slice that lives longer than the call.
//! let answer = unsafe { vires_tag(line.as_ptr().cast(), line.len()) };
//! assert!(!answer.data.is_null());
//! // SAFETY: this is the answer that was just given, freed once.
//! unsafe { vires_free(answer) };
//! ```
#![allow(unsafe_code, reason = "pointers from C cannot be read, nor symbols exported, without it; no other crate may")]

use std::cell::RefCell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::{Arc, OnceLock};
use vires_catalog::Catalog;
use vires_tag::{Memo, Options, Problem, Scratch, Tagger, Tags};

/// The longest line that is looked at, as in `vires tag`. A longer one comes back as it is.
const MAX_LINE: usize = 4 << 20;

/// An answer: `length` bytes at `data` and a NUL behind them. `data` is null if there is none.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ViresText {
    /// The bytes, owned by this library until [`vires_free`].
    pub data: *mut c_char,
    /// How many, without the NUL.
    pub length: usize,
}

const NOTHING: ViresText = ViresText { data: null_mut(), length: 0 };

/// The line with an `nhi` object added, as `vires tag` writes it, without a line end.
///
/// The line comes without its LF. Null `line`, or an error within this library, gives null.
///
/// # Safety
/// `length` bytes must be readable at `line`, and nobody may write there during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vires_tag(line: *const c_char, length: usize) -> ViresText {
    // SAFETY: the caller promises it for the same pointer and length.
    unsafe { answer(line, length, whole_line) }
}

/// The `nhi` object alone, for a host that merges it into a record of its own.
///
/// The line comes without its LF. Null `line`, a line over 4 MiB, or an error within this library, gives null.
///
/// # Safety
/// As for [`vires_tag()`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vires_nhi(line: *const c_char, length: usize) -> ViresText {
    // SAFETY: the caller promises it for the same pointer and length.
    unsafe { answer(line, length, object_alone) }
}

/// Frees an answer. An answer whose `data` is null is ignored.
///
/// # Safety
/// `text` must be what [`vires_tag()`] or [`vires_nhi`] returned, unchanged, and not have been freed yet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vires_free(text: ViresText) {
    if !text.data.is_null() {
        // SAFETY: `give` made the pointer from a boxed slice of this length and its NUL, and the caller hands it back once.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(text.data.cast::<u8>(), text.length + 1)) });
    }
}

/// # Safety
/// As for [`vires_tag()`].
unsafe fn answer(line: *const c_char, length: usize, say: fn(&Tagger, &[u8]) -> Option<Vec<u8>>) -> ViresText {
    // No slice may be longer than `isize::MAX`, so such a length is a mistake of the caller's.
    if line.is_null() || isize::try_from(length).is_err() {
        return NOTHING;
    }
    // SAFETY: not null, no longer than a slice may be, and the caller promises that the bytes are there and stay.
    let line = unsafe { std::slice::from_raw_parts(line.cast::<u8>(), length) };
    // A panic must not unwind into C.
    catch_unwind(AssertUnwindSafe(|| say(tagger()?, line))).ok().flatten().map_or(NOTHING, give)
}

fn whole_line(tagger: &Tagger, line: &[u8]) -> Option<Vec<u8>> {
    thread_local! { static SCRATCH: RefCell<Scratch> = RefCell::default(); }
    if line.len() > MAX_LINE {
        return Some(line.to_vec());
    }
    let mut out = Vec::new();
    let work = AssertUnwindSafe(|| SCRATCH.with_borrow_mut(|scratch| tagger.line(line, scratch, &mut out)));
    if catch_unwind(work).is_err() {
        // As in the pipeline: the event goes on and says that its classification failed.
        SCRATCH.replace(Scratch::default());
        out.clear();
        tagger.fallback(line, &mut out);
    }
    Some(out)
}

fn object_alone(tagger: &Tagger, line: &[u8]) -> Option<Vec<u8>> {
    thread_local! { static SCRATCH: RefCell<(vires_source::Scratch, Memo)> = RefCell::default(); }
    if line.len() > MAX_LINE {
        return None;
    }
    let mut out = Vec::new();
    let work = AssertUnwindSafe(|| {
        SCRATCH.with_borrow_mut(|(buffers, memo)| {
            let opened = vires_source::open(line, buffers);
            tagger.classifier().classify(&opened, memo).render(&mut out);
        });
    });
    if catch_unwind(work).is_err() {
        SCRATCH.replace(Default::default());
        out.clear();
        Tags::failed(Problem::Internal).render(&mut out);
    }
    Some(out)
}

/// None if the built-in catalogue cannot be compiled, which a test rules out.
fn tagger() -> Option<&'static Tagger> {
    static TAGGER: OnceLock<Option<Tagger>> = OnceLock::new();
    let build = || Tagger::new(&Arc::new(Catalog::builtin().ok()?), Options::default()).ok();
    TAGGER.get_or_init(build).as_ref()
}

fn give(mut bytes: Vec<u8>) -> ViresText {
    let length = bytes.len();
    bytes.push(0);
    ViresText { data: Box::into_raw(bytes.into_boxed_slice()).cast::<c_char>(), length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stays_on_this_side() {
        // SAFETY: pointer and length are those of a literal.
        let text = unsafe { answer(c"line".as_ptr(), 4, |_, line| panic!("expected by the test: {}", line.len())) };
        assert!(text.data.is_null());
    }
}
