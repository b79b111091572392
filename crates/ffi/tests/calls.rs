//! Calls the library as hosts do: from Rust through the C ABI, from a C program, and from Fluent Bit's Lua script.
#![allow(unsafe_code, clippy::unwrap_used, clippy::print_stderr, reason = "tests of a C ABI")]

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use vires_ffi::{ViresText, vires_free, vires_nhi, vires_tag};

const EVENT: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-03-02T08:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","eventID":"e1"}"#;

fn take(text: ViresText) -> Option<Vec<u8>> {
    if text.data.is_null() {
        return None;
    }
    // SAFETY: an answer holds `length` bytes and a NUL, and is freed once, after it was copied.
    unsafe {
        let bytes = std::slice::from_raw_parts(text.data.cast::<u8>(), text.length + 1).to_vec();
        vires_free(text);
        assert_eq!(bytes.last(), Some(&0));
        Some(bytes[..bytes.len() - 1].to_vec())
    }
}

fn tag(line: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: pointer and length are those of a slice that outlives the call.
    take(unsafe { vires_tag(line.as_ptr().cast(), line.len()) })
}

fn nhi(line: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: pointer and length are those of a slice that outlives the call.
    take(unsafe { vires_nhi(line.as_ptr().cast(), line.len()) })
}

#[test]
fn a_line_comes_back_with_the_object_and_else_unchanged() {
    let answer = String::from_utf8(tag(EVENT.as_bytes()).unwrap()).unwrap();
    assert!(answer.starts_with(&format!("{},\"nhi\":{{", EVENT.strip_suffix('}').unwrap())), "{answer}");
    let whole: Value = serde_json::from_str(&answer).unwrap();
    let object: Value = serde_json::from_slice(&nhi(EVENT.as_bytes()).unwrap()).unwrap();
    assert_eq!(whole["nhi"], object);
    assert_eq!(object["source"], "cloudtrail");
}

#[test]
fn any_bytes_are_answered() {
    let long = vec![b'x'; (4 << 20) + 1];
    for line in [&b""[..], b"\0", b"\xff\xfe", b"{", b"{}", b"[1]", b"{\"a\":\"\0\"}", b"text\r", b"{\"a\":1}\r"] {
        let answer = tag(line).unwrap();
        let object: Value = serde_json::from_slice(&nhi(line).unwrap()).unwrap();
        assert_eq!(object["v"], 1);
        let whole: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(whole["nhi"], object, "{line:?}");
        assert_eq!(answer.ends_with(b"\r"), line.ends_with(b"\r"));
    }
    assert_eq!(tag(&long).as_ref(), Some(&long));
    assert_eq!(nhi(&long), None);
}

#[test]
fn what_cannot_be_a_line_is_no_answer() {
    // SAFETY: null and impossible lengths are refused before anything is read; nothing is freed for no answer.
    unsafe {
        assert_eq!(take(vires_tag(std::ptr::null(), 3)), None);
        assert_eq!(take(vires_nhi(std::ptr::null(), 0)), None);
        assert_eq!(take(vires_tag(EVENT.as_ptr().cast(), usize::MAX)), None);
        vires_free(vires_tag(std::ptr::null(), 0));
    }
}

/// Where cargo put the cdylib that belongs to this test.
fn library() -> PathBuf {
    let deps = std::env::current_exe().unwrap().parent().unwrap().to_path_buf();
    let name = format!("{}vires_ffi{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    [deps.join(&name), deps.parent().unwrap().join(&name)].into_iter().find(|p| p.exists()).expect("the cdylib is built")
}

fn fluent_bit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../integrations/fluent-bit")
}

fn there(program: &str) -> bool {
    let there = Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("SKIPPED: {program} is not installed, so nothing was tested with it");
    }
    there
}

fn feed(command: &mut Command, input: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_c_program_finds_what_the_header_promises() {
    if !there("cc") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (host, library) = (dir.path().join("host"), library());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host.c");
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pthread", "-I"]).arg(fluent_bit()).arg(source).arg(&library);
    assert!(cc.arg("-o").arg(&host).status().unwrap().success());
    let mut command = Command::new(&host);
    command.env("LD_LIBRARY_PATH", library.parent().unwrap());
    let answers = feed(&mut command, &format!("{EVENT}\nplain text\n"));
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0].as_bytes(), tag(EVENT.as_bytes()).unwrap());
    assert_eq!(answers[1].as_bytes(), nhi(EVENT.as_bytes()).unwrap());
    assert_eq!(answers[2].as_bytes(), tag(b"plain text").unwrap());
}

#[test]
fn the_lua_filter_adds_a_table_to_records() {
    if !there("luajit") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("host.lua");
    // As Fluent Bit calls a filter; a record may hold the raw line or what was parsed of it.
    std::fs::write(
        &script,
        r#"
        dofile(arg[1])
        local line = io.read("*l")
        local code, _, record = nhi("audit", 1.5, { log = line, n = 7 })
        assert(code == 2 and record.n == 7 and record.log == line)
        assert(record.nhi.v == 1 and record.nhi.source == "cloudtrail" and record.nhi.tagged == true, record.nhi.source)
        assert(type(record.nhi.attack or {}) == "table")
        local parsed = {
            eventVersion = "1.11", eventSource = "sts.amazonaws.com", eventName = "AssumeRole", eventID = "e1",
            eventTime = "2026-03-02T08:00:00Z", awsRegion = "eu-west-1", big = 12345678901234567890, inf = 1/0,
            userIdentity = { type = "AWSService", invokedBy = "ec2.amazonaws.com" }, list = { 1, "two", { three = true } },
            requestParameters = { roleArn = "arn:aws:iam::123456789012:role/we\\ird \"\27role" },
        }
        _, _, record = nhi("audit", 1.5, parsed)
        assert(record.nhi.source == "cloudtrail" and record.nhi.action == "sts:AssumeRole", record.nhi.error)
        print(record.nhi.target)
        _, _, record = nhi("audit", 1.5, { log = "no format at all" })
        assert(record.nhi.error == "not_json" and record.nhi.tagged == false)
        "#,
    )
    .unwrap();
    let mut command = Command::new("luajit");
    command.arg(&script).arg(fluent_bit().join("vires.lua")).env("VIRES_FFI", library());
    let target = feed(&mut command, &format!("{EVENT}\n"));
    assert!(target.contains("we\\ird \""), "{target}");
}
