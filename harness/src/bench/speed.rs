//! `harness bench`: how fast the shipped program is, beside programs that do less.

use super::corpus::{self, Content, Envelope, SENSITIVE, Spec, Written};
use super::others::SENSITIVE_TEXTS;
use super::race::{Entry, Time, race, said, vires, which};
use super::turns::turns;
use crate::cli::Ended;
use crate::report::table::aligned;
use anyhow::{Context, bail};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// What is raced.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Folder for the corpora; kept for the next time [default: a folder for temporary files]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Size of each corpus in bytes
    #[arg(long, default_value_t = 200_000_000, value_parser = clap::value_parser!(u64).range(100_000..))]
    pub bytes: u64,
    /// How often each program runs; the best run counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// The program to measure [default: beside this one, else on the PATH]
    #[arg(long, value_name = "FILE")]
    pub vires: Option<PathBuf>,
    /// Also write the figures; the ending says how (.csv, .svg)
    #[arg(long, value_name = "FILE")]
    pub out: Vec<PathBuf>,
    /// Equal seeds give equal corpora
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also show what an event costs as there are more of them: 10^5, 10^6 and 10^7 lines of text (1.2 GB)
    #[arg(long)]
    pub growth: bool,
}

/// Corpora: name, share of lines that must be tagged, what stands around each event, what events there are.
const CORPORA: [(&str, u32, Envelope, Content); 8] = [
    ("cloudtrail-3", 3, Envelope::Bare, Content::Cloudtrail),
    ("cloudtrail-40", 40, Envelope::Bare, Content::Cloudtrail),
    ("cloudtrail-100", 100, Envelope::Bare, Content::Cloudtrail),
    ("vector-40", 40, Envelope::Vector, Content::Cloudtrail),
    ("vector-100", 100, Envelope::Vector, Content::Cloudtrail),
    ("mixed-40", 40, Envelope::Bare, Content::Mixed),
    ("syslog-3", 3, Envelope::Bare, Content::Syslog),
    ("near-miss-3", 3, Envelope::Bare, Content::NearMiss),
];

/// Lines of text in each corpus of `--growth`.
const GROWTH: [u64; 3] = [100_000, 1_000_000, 10_000_000];

/// Bytes of a line of text, about.
const TEXT_LINE: u64 = 106;

/// Turns of the half-duplex race.
const TURNS: usize = 20_000;

pub(crate) fn run(args: &BenchArgs, out: &mut Vec<u8>, talk: &mut Vec<u8>) -> anyhow::Result<Ended> {
    for path in &args.out {
        if !matches!(ending(path), Some("csv" | "svg")) {
            bail!("{}: name it .csv or .svg", path.display());
        }
    }
    let vires = vires(args.vires.as_deref())?;
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("vires-bench"));
    std::fs::create_dir_all(&dir).with_context(|| format!("failed to create {}", dir.display()))?;
    for peer in ["wc", "cat", "rg", "jq"] {
        if which(peer).is_none() {
            writeln!(talk, "harness: SKIPPED {peer}: it is not installed, so nothing is compared with it")?;
        }
    }
    let mut times = Vec::new();
    for (name, percent, envelope, content) in CORPORA {
        let file = dir.join(format!("{name}.ndjson"));
        let spec = Spec { seed: args.seed, bytes: args.bytes, percent, envelope, content };
        let written = generate(spec, &file)?;
        check(&vires, &file, &dir, written).with_context(|| format!("corpus {name}"))?;
        let entries = entries(&vires, &file, &dir, written, percent == 40 && content == Content::Cloudtrail)?;
        times.extend(race(name, &entries, args.rounds, &|| {})?);
    }
    if args.growth {
        times.extend(growth(&vires, &dir, args)?);
    }
    out.write_all(table(&times).as_bytes())?;
    out.write_all(half_duplex(&vires, args.seed)?.as_bytes())?;
    for path in &args.out {
        let text = if ending(path) == Some("csv") { csv(&times) } else { svg(&times) };
        std::fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(Ended::Well)
}

/// The same work, ten and a hundred times as often.
fn growth(vires: &Path, dir: &Path, args: &BenchArgs) -> anyhow::Result<Vec<Time>> {
    let mut times = Vec::new();
    for lines in GROWTH {
        let name = format!("syslog-{lines}-lines");
        let file = dir.join(format!("{name}.log"));
        let spec =
            Spec { seed: args.seed, bytes: lines * TEXT_LINE, percent: 3, envelope: Envelope::Bare, content: Content::Syslog };
        let written = generate(spec, &file)?;
        let entry = |name: &str, threads: &str| Entry {
            name: name.into(),
            program: vires.to_path_buf(),
            args: ["tag", "--threads", threads].map(String::from).into(),
            input: file.clone(),
            bytes: written.bytes,
        };
        let entries = [entry("vires tag, 1 thread", "1"), entry("vires tag, 2 threads", "2")];
        times.extend(race(&name, &entries, args.rounds, &|| {})?);
        std::fs::remove_file(&file).with_context(|| format!("failed to remove {}", file.display()))?;
    }
    Ok(times)
}

/// How long one line takes there and back, beside a program that only sends it back.
fn half_duplex(vires: &Path, seed: u64) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    let spec = Spec { seed, bytes: TURNS as u64 * 2048, percent: 40, envelope: Envelope::Bare, content: Content::Cloudtrail };
    corpus::write(spec, &mut lines)?;
    let lines: Vec<String> = String::from_utf8(lines)?.split_inclusive('\n').take(TURNS).map(str::to_owned).collect();
    let mut rows = vec![["one line at a time", "p50 µs", "p99 µs"].map(String::from).to_vec()];
    let mut add = |name: &str, program: &Path, args: &[&str]| -> anyhow::Result<()> {
        let taken = turns(program, args, &lines)?;
        rows.push(vec![name.to_owned(), number(Some(taken.p50), 1), number(Some(taken.p99), 1)]);
        Ok(())
    };
    if let Some(cat) = which("cat") {
        add("cat", &cat, &[])?;
    }
    add("vires tag", vires, &["tag"])?;
    Ok(aligned(rows, &[]))
}

fn ending(path: &Path) -> Option<&str> {
    path.extension().and_then(|e| e.to_str())
}

fn generate(spec: Spec, file: &Path) -> anyhow::Result<Written> {
    let failed = || format!("failed to write {}", file.display());
    let mut writer = BufWriter::with_capacity(1 << 20, File::create(file).with_context(failed)?);
    let written = corpus::write(spec, &mut writer).with_context(failed)?;
    writer.flush().with_context(failed)?;
    Ok(written)
}

/// Nothing may be fast and wrong: the program and its peers must count what was generated.
fn check(vires: &Path, file: &Path, dir: &Path, written: Written) -> anyhow::Result<()> {
    let stats = dir.join("stats.json");
    let stats_file = stats.display().to_string();
    let args: Vec<String> = ["tag", "--only", "tagged", "--stats-file", &stats_file].map(String::from).into();
    let tagged = said(vires, &args, file)?.lines().count() as u64;
    let text = std::fs::read_to_string(&stats).with_context(|| format!("{} wrote no {stats_file}", vires.display()))?;
    let stats: serde_json::Value = serde_json::from_str(&text).context("the statistics are no JSON")?;
    let counted = |key: &str| stats.get(key).and_then(serde_json::Value::as_u64);
    if counted("lines_in") != Some(written.lines) || counted("tagged") != Some(written.sensitive) || tagged != written.sensitive
    {
        bail!(
            "counts differ: generated {} lines of which {} must be tagged; `vires tag` read {:?}, tagged {:?} and wrote {tagged}",
            written.lines,
            written.sensitive,
            counted("lines_in"),
            counted("tagged")
        );
    }
    if let Some(wc) = which("wc") {
        let lines = said(&wc, &["-l".into()], file)?;
        if lines != written.lines.to_string() {
            bail!("counts differ: generated {} lines, wc counts {lines}", written.lines);
        }
    }
    if let Some(rg) = which("rg") {
        let found = said(&rg, &rg_args(), file)?;
        if found.parse() != Ok(written.sensitive) && written.sensitive > 0 {
            bail!("counts differ: {} lines hold a sensitive call, rg finds {found}", written.sensitive);
        }
    }
    Ok(())
}

/// The same literals, in both spellings.
fn rg_args() -> Vec<String> {
    let mut args = vec!["--no-config".to_string(), "-a".into(), "-c".into(), "-F".into()];
    for (_, name) in SENSITIVE {
        for quote in ["\"", "\\\""] {
            args.push("-e".into());
            args.push(format!("{quote}eventName{quote}:{quote}{name}{quote}"));
        }
    }
    for text in SENSITIVE_TEXTS {
        args.extend(["-e".into(), text.into()]);
    }
    args
}

fn entries(vires: &Path, file: &Path, dir: &Path, written: Written, with_jq: bool) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut add = |name: &str, program: Option<PathBuf>, args: &[&str]| {
        let Some(program) = program else { return };
        entries.push(Entry {
            name: name.into(),
            program,
            args: args.iter().map(ToString::to_string).collect(),
            input: file.to_path_buf(),
            bytes: written.bytes,
        });
    };
    add("wc -l", which("wc"), &["-l"]);
    add("cat", which("cat"), &[]);
    let literals = rg_args();
    let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
    add("rg -c -F", which("rg"), &literals);
    // It is so much slower than the rest that few corpora show it, and reads no text.
    if with_jq {
        add("jq -c .", which("jq"), &["-c", "."]);
    }
    let own = || Some(vires.to_path_buf());
    add("vires tag", own(), &["tag"]);
    add("vires tag, 1 thread", own(), &["tag", "--threads", "1"]);
    add("vires tag --only tagged", own(), &["tag", "--only", "tagged"]);
    add("vires tag --only sensitive", own(), &["tag", "--only", "sensitive"]);
    let baseline = dir.join("baseline.json").display().to_string();
    said(vires, &["learn".into(), "-o".into(), baseline.clone()], file)?;
    add("vires learn", own(), &["learn", "-o", &baseline]);
    add("vires judge", own(), &["judge", "--baseline", &baseline]);
    Ok(entries)
}

fn share(time: &Time, times: &[Time], peer: &str) -> Option<f64> {
    let peer = times.iter().find(|t| t.corpus == time.corpus && t.name == peer)?;
    Some(time.rate()? / peer.rate()?)
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".into(), |v| format!("{v:.digits$}"))
}

fn table(times: &[Time]) -> String {
    let mut rows = vec![["corpus", "program", "seconds", "MB/s", "of wc -l", "of rg"].map(String::from).to_vec()];
    for time in times {
        rows.push(vec![
            time.corpus.clone(),
            time.name.clone(),
            number(time.best(), 3),
            number(time.rate(), 0),
            number(share(time, times, "wc -l"), 3),
            number(share(time, times, "rg -c -F"), 2),
        ]);
    }
    aligned(rows, &[])
}

fn csv(times: &[Time]) -> String {
    let mut out = String::from("corpus,program,bytes,runs,best_seconds,megabytes_per_second,share_of_wc,share_of_rg\n");
    let cell = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
    for time in times {
        let _ = writeln!(
            out,
            "{},\"{}\",{},{},{},{},{},{}",
            time.corpus,
            time.name,
            time.bytes,
            time.seconds.len(),
            cell(time.best()),
            cell(time.rate()),
            cell(share(time, times, "wc -l")),
            cell(share(time, times, "rg -c -F"))
        );
    }
    out
}

/// Bars of bytes per second on a logarithmic axis.
fn svg(times: &[Time]) -> String {
    const W: f64 = 860.0;
    const ROW: f64 = 18.0;
    const LEFT: f64 = 280.0;
    let height = 40.0 + ROW * times.len() as f64;
    let x = |rate: f64| LEFT + (W - LEFT - 90.0) * (rate.max(1.0).log10() / 4.0).min(1.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {W} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n<title>Megabytes per second, best run</title>\n"
    );
    for (tick, label) in [(1.0, "1"), (10.0, "10"), (100.0, "100"), (1000.0, "1,000"), (10_000.0, "10,000 MB/s")] {
        let _ = writeln!(
            out,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"22\" y2=\"{height}\" stroke=\"#ccc\"/><text x=\"{x:.1}\" y=\"14\" text-anchor=\"middle\">{label}</text>",
            x = x(tick)
        );
    }
    for (n, time) in times.iter().enumerate() {
        let Some(rate) = time.rate() else { continue };
        let y = 28.0 + ROW * n as f64;
        let colour = if time.name.starts_with("vires") { "#1f5f8b" } else { "#b0b7bd" };
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} · {}</text><rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\">{rate:.0}</text>",
            LEFT - 6.0,
            y + 10.0,
            time.corpus,
            time.name,
            y,
            x(rate) - LEFT,
            x(rate) + 5.0,
            y + 10.0
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times() -> Vec<Time> {
        let time = |name: &str, seconds: f64| Time {
            corpus: "c".into(),
            name: name.into(),
            bytes: 1_000_000_000,
            seconds: vec![seconds],
        };
        vec![time("wc -l", 0.5), time("vires tag", 2.0), time("never", f64::NAN)]
    }

    #[test]
    fn ratios_are_of_the_same_run() {
        let times = times();
        assert_eq!(share(&times[1], &times, "wc -l"), Some(0.25));
        assert_eq!(share(&times[1], &times, "rg -c -F"), None);
        let text = table(&times);
        assert!(text.contains("0.250") && text.contains("500"), "{text}");
        assert!(csv(&times).contains("c,\"vires tag\",1000000000,1,2,500,0.25,\n"), "{}", csv(&times));
    }

    #[test]
    fn the_plot_is_whole_and_without_script() {
        let text = svg(&times());
        assert!(text.ends_with("</svg>\n") && !text.contains("NaN") && !text.contains("script"), "{text}");
    }

    #[test]
    fn literals_are_asked_for_in_both_spellings() {
        let args = rg_args();
        assert!(args.contains(&"\"eventName\":\"StopLogging\"".to_string()));
        assert!(args.contains(&"\\\"eventName\\\":\\\"StopLogging\\\"".to_string()));
    }
}
