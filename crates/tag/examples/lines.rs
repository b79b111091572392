//! Tags the lines of standard input, one thread, no protocol: for profiling the classifier alone. With the argument `sensitive` it
//! writes only those that touch something sensitive, and counts no others.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use vires_tag::{Only, Options, Scratch, Tagger};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Arc::new(vires_catalog::Catalog::builtin()?);
    let only = std::env::args().any(|argument| argument == "sensitive").then_some(Only::Sensitive);
    let tagger = Tagger::new(&catalog, Options { only, counted: only.is_none(), ..Options::default() })?;
    let mut scratch = Scratch::default();
    let (mut line, mut out) = (Vec::new(), Vec::new());
    let mut input = io::BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut stdout = io::stdout().lock();
    loop {
        // As the pipeline does it: `read_until` would take a good part of the time.
        let read = input.fill_buf()?;
        let (end, whole) = match memchr::memchr(b'\n', read) {
            Some(end) => (end + 1, true),
            None => (read.len(), read.is_empty()),
        };
        line.extend_from_slice(&read[..end]);
        input.consume(end);
        if line.is_empty() {
            break;
        }
        if !whole {
            continue;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if !tagger.line(text, &mut scratch, &mut out).filtered {
            out.push(b'\n');
        }
        if out.len() > 1 << 18 {
            stdout.write_all(&out)?;
            out.clear();
        }
        line.clear();
    }
    stdout.write_all(&out)?;
    Ok(())
}
