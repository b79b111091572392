//! Tags the lines of standard input, one thread, no protocol: for profiling the classifier alone. With the argument `sensitive` it
//! writes only those that touch something sensitive.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use vires_tag::{Only, Options, Scratch, Tagger};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let catalog = Arc::new(vires_catalog::Catalog::builtin()?);
    let only = std::env::args().any(|argument| argument == "sensitive").then_some(Only::Sensitive);
    let tagger = Tagger::new(&catalog, Options { only, ..Options::default() })?;
    let mut scratch = Scratch::default();
    let (mut line, mut out) = (Vec::new(), Vec::new());
    let mut input = io::BufReader::with_capacity(1 << 20, io::stdin().lock());
    let mut stdout = io::stdout().lock();
    while input.read_until(b'\n', &mut line)? > 0 {
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
