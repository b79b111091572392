//! Rules 1, 2, 3, 5, 6, 8, 9, 10, 12 and 15: what happens to lines.

use super::subject::{Subject, all, event, tagged};
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};

/// Lines that programs stumble over, none with a line end.
fn odd_lines() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 22] = [
        b"",
        b" ",
        b"\t",
        b"text",
        b"{}",
        b"{ }",
        b"[]",
        b"[1,2]",
        b"null",
        b"7",
        b"\"string\"",
        b"{\"a\":1,}",
        b"{\"a\":1} {\"b\":2}",
        b"{\"truncated\":\"",
        b"{\"a\":1}\r",
        b"\r",
        b"\xff\xfe\x00",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{\"bom\":1}",
        b"<34>1 2026-03-02T08:00:00Z web-1 sshd 811 - - Accepted publickey for deploy from 192.0.2.10 port 50122 ssh2",
        b"\x1b[31mcolour\x1b[0m",
        b"{\"nhi\":\"forged\",\"nhi\":{\"tagged\":false}}",
    ];
    let mut lines: Vec<Vec<u8>> = texts.iter().map(|t| t.to_vec()).collect();
    lines.push(event(1).replace("\"n\":", "\"m\":").trim_end().into());
    lines.push(format!("{{\"deep\":{}1{}}}", "[".repeat(100), "]".repeat(100)).into());
    lines.push(format!("{{\"long\":\"{}\"}}", "y".repeat(200_000)).into());
    lines
}

pub fn half_duplex(subject: &Subject) -> Result<String> {
    let mut process = subject.start(&[])?;
    let mut slowest = Duration::ZERO;
    let lines = odd_lines();
    for round in 0..4 {
        for (i, line) in lines.iter().enumerate() {
            let asked = Instant::now();
            process.send(&[line, &b"\n"[..]].concat())?;
            let answer = process.line()?;
            // The first answer also waits for the program to start, which another row measures.
            if (round, i) != (0, 0) {
                slowest = slowest.max(asked.elapsed());
            }
            tagged(String::from_utf8_lossy(&answer).trim_end_matches('\r').as_bytes())?;
        }
    }
    ensure!(slowest <= Duration::from_secs(1), "an answer took {slowest:?}");
    ensure!(process.surplus(Duration::from_millis(50)).is_empty(), "more answers than lines");
    ensure!(process.end()?.is_empty(), "more answers than lines");
    Ok(format!("{} lines, slowest {:.1} ms", lines.len() * 4, slowest.as_secs_f64() * 1e3))
}

pub fn one_for_one(subject: &Subject) -> Result<String> {
    let mut input = Vec::new();
    let odd = odd_lines();
    for n in 0..2000 {
        input.extend(event(n).into_bytes());
        if n % 50 == 0 {
            input.extend(&odd[n / 50 % odd.len()]);
            input.push(b'\n');
        }
    }
    let lines = input.iter().filter(|b| **b == b'\n').count();
    let mut process = subject.start(&[])?;
    let mut stdin = process.take_stdin()?;
    let feeder = std::thread::spawn(move || {
        use std::io::Write;
        // Pieces of changing size, most of which end within a line.
        let (mut rest, mut size) = (&input[..], 1);
        while !rest.is_empty() {
            size = (size * 31 + 17) % 40_009;
            let (now, later) = rest.split_at(rest.len().min(size + 1));
            if stdin.write_all(now).is_err() {
                return;
            }
            rest = later;
        }
    });
    let out = process.end()?;
    let _ = feeder.join();
    let got = out.iter().filter(|b| **b == b'\n').count();
    ensure!(got == lines, "{lines} lines in, {got} out");
    let mut next = 0;
    for line in out.split(|b| *b == b'\n') {
        if let Some(n) = serde_json::from_slice::<serde_json::Value>(line).ok().and_then(|v| v["n"].as_u64()) {
            ensure!(n == next, "event {n} where {next} should be");
            next += 1;
        }
    }
    ensure!(next == 2000, "events end at {next}");
    Ok(format!("{lines} lines"))
}

pub fn verbatim(subject: &Subject) -> Result<String> {
    let lines = [
        r#"{"big":12345678901234567890,"huge":1e400,"small":-0.0,"exp":1E+2}"#,
        r#"{"b":1,"a":2,"b":3}"#,
        r#"{"slash":"\/","u":"\u00e9\ud83d\ude00","raw":"é😀"}"#,
        r#"  {  "spaced" :  [ 1 , 2 ]  }"#,
        r#"{"nested":{"nhi":1},"a":{"b":{}}}"#,
        "{\"tab\":\t1}",
    ];
    for line in lines {
        let out = subject.run(&[], format!("{line}\n").as_bytes())?;
        let out = String::from_utf8(out)?;
        let brace = line.rfind('}').unwrap_or_default();
        let (start, end) = (format!("{},\"nhi\":{{", &line[..brace]), format!("}}{}\n", &line[brace..]));
        ensure!(out.starts_with(&start) && out.ends_with(&end), "changed: {line} became {out}");
    }
    let out = subject.run(&[], b"{}\n")?;
    ensure!(out.starts_with(b"{\"nhi\":{"), "{{}} became {}", String::from_utf8_lossy(&out));
    Ok(format!("{} lines", lines.len() + 1))
}

pub fn second_pass(subject: &Subject) -> Result<String> {
    let input: String = (0..50).map(event).collect();
    let once = subject.run(&[], input.as_bytes())?;
    ensure!(subject.run(&[], &once)? == once, "a second pass changes what the first one wrote");
    Ok(String::new())
}

pub fn wraps_text(subject: &Subject) -> Result<String> {
    for text in ["plain", "with \"quotes\" and \\", "[1,2]", "", "a\tb"] {
        let out = subject.run(&[], format!("{text}\n").as_bytes())?;
        let value = tagged(out.strip_suffix(b"\n").unwrap_or(&out))?;
        ensure!(value["message"] == text, "{text:?} became {value}");
    }
    Ok(String::new())
}

pub fn tail_without_lf(subject: &Subject) -> Result<String> {
    let input = event(0) + event(1).trim_end();
    let out = subject.run(&[], input.as_bytes())?;
    ensure!(out.ends_with(b"\n"), "the last answer has no line end");
    all(&out, 0..2)?;
    ensure!(subject.run(&[], b"")?.is_empty(), "an answer without a line");
    Ok(String::new())
}

pub fn closed_output(subject: &Subject) -> Result<String> {
    use std::io::{Read, Write};
    let mut child =
        subject.command(&[]).env_clear().stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = child.stdout.take().expect("piped");
    let mut stderr = child.stderr.take().expect("piped");
    stdin.write_all(event(0).as_bytes())?;
    let _ = stdout.read(&mut [0; 4096])?;
    drop(stdout);
    let feeder = std::thread::spawn(move || while stdin.write_all(event(1).as_bytes()).is_ok() {});
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > subject.patience {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let _ = feeder.join();
    let mut said = String::new();
    stderr.read_to_string(&mut said)?;
    ensure!(status.code() == Some(0) && said.is_empty(), "{status}, standard error: {said}");
    Ok(String::new())
}

pub fn too_long(subject: &Subject) -> Result<String> {
    let long = format!("{{\"pad\":\"{}\"}}\n", "z".repeat(9 << 20));
    let out = subject.run(&[], (event(0) + &long + &event(1)).as_bytes())?;
    let lines: Vec<&[u8]> = out.split_inclusive(|b| *b == b'\n').collect();
    ensure!(lines.len() == 3, "3 lines in, {} out", lines.len());
    ensure!(lines[1].len() >= long.len(), "the long line came out with {} of {} bytes", lines[1].len(), long.len());
    let pair = [lines[0], lines[2]].concat();
    all(&pair, 0..2)?;
    Ok("9 MiB passes".into())
}

pub fn bounded_growth(subject: &Subject) -> Result<String> {
    // Redpanda Connect's default scanner takes 64 KiB; the limit for what may be added is 4 KiB.
    let keys: String =
        (0..300).map(|n| format!("\"k{n}\":\"AKIAIOSFODNN7EXAMPLE arn:aws:iam::123456789012:role/r{n}\",")).collect();
    let line = format!("{{{keys}\"message\":\"{}\"}}\n", "AKIAIOSFODNN7EXAMPLE ".repeat(1500));
    let out = subject.run(&[], line.as_bytes())?;
    let grown = out.len().saturating_sub(line.len());
    ensure!(grown <= 4096 + 8, "{grown} bytes added");
    Ok(format!("{grown} bytes added to {}", line.len()))
}

pub fn vector_decoders(subject: &Subject) -> Result<String> {
    // What Vector's `json` decoder takes: objects only. Anything else is dropped.
    let input: Vec<u8> = odd_lines().iter().filter(|l| !l.ends_with(b"\r")).flat_map(|l| [l, &b"\n"[..]].concat()).collect();
    let want = input.iter().filter(|b| **b == b'\n').count();
    let out = subject.run(&[], &input)?;
    // Like Vector, which replaces bytes that are no UTF-8 before it parses.
    let kept = out
        .split(|b| *b == b'\n')
        .filter(|l| serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(l)).is_ok_and(|v| v.is_object()));
    let kept = kept.count();
    ensure!(kept == want, "Vector would keep {kept} of {want} events");
    // `native_json`: a map with the single key `log`, and nothing beside it.
    let out = subject.run(&[], b"{\"log\":{\"message\":\"x\",\"host\":\"h\"}}\n")?;
    let value: serde_json::Value = serde_json::from_slice(&out)?;
    ensure!(value.as_object().is_some_and(|o| o.len() == 1), "a key beside `log`: {value}");
    ensure!(value["log"]["nhi"].is_object(), "no `nhi` within `log`: {value}");
    Ok(format!("{want} events"))
}

pub fn same_bytes(subject: &Subject) -> Result<String> {
    let input: Vec<u8> = (0..3000).flat_map(|n| event(n).into_bytes()).collect();
    let at_once = subject.run(&[], &input)?;
    let mut process = subject.start(&[])?;
    let mut stdin = process.take_stdin()?;
    let feeder = std::thread::spawn(move || {
        use std::io::Write;
        for line in input.split_inclusive(|b| *b == b'\n') {
            if stdin.write_all(line).is_err() {
                return;
            }
        }
    });
    let one_by_one = process.end()?;
    let _ = feeder.join();
    ensure!(at_once == one_by_one, "the output depends on how the input comes in");
    Ok(String::new())
}

pub fn first_answer(subject: &Subject) -> Result<String> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let mut process = subject.start(&[])?;
        process.send(event(0).as_bytes())?;
        tagged(&process.line()?)?;
        times.push(start.elapsed());
        process.end()?;
    }
    times.sort();
    Ok(format!("median {:.0} ms", times[2].as_secs_f64() * 1e3))
}
