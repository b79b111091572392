//! What a command line runs, in the form in which effect rules look at it.

/// Longest text that is made of a command line, in bytes.
const MAX: usize = 400;
/// Programs that only run another one are looked through so many times.
const MAX_WRAPPERS: usize = 8;

/// `systemctl stop auditd` for `/usr/bin/env X=1 /bin/sh -c '/usr/bin/systemctl  stop auditd'`: folder, quotes and wrapping programs
/// are taken off, blanks are single. Where the end is not seen (`cut`, or too long), a `;` stands for it: something else may follow.
/// `None` where nothing is left.
pub(crate) fn plain(command: &str, cut: bool) -> Option<String> {
    let seen = head(command);
    let bare = seen.replace(['\'', '"', '\\'], "");
    let words: Vec<&str> = bare.split_ascii_whitespace().collect();
    let mut rest = words.as_slice();
    for _ in 0..MAX_WRAPPERS {
        match wrapped(rest) {
            Some(inner) if !inner.is_empty() => rest = inner,
            _ => break,
        }
    }
    let (program, arguments) = rest.split_first()?;
    let mut out = name(program).to_owned();
    for argument in arguments {
        out.push(' ');
        out.push_str(argument);
    }
    if cut || seen.len() < command.len() {
        out.push_str(" ;");
    }
    Some(out)
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The command that a command runs, if it does nothing else.
fn wrapped<'w, 't>(words: &'w [&'t str]) -> Option<&'w [&'t str]> {
    let (program, rest) = words.split_first()?;
    match name(program) {
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" => {
            let at = rest.iter().position(|word| !word.starts_with('-') || (word.contains('c') && !word.starts_with("--")))?;
            rest.get(at).filter(|word| word.starts_with('-')).and_then(|_| rest.get(at + 1..))
        }
        "env" | "nohup" | "nice" | "ionice" | "setsid" | "stdbuf" | "time" | "timeout" | "taskset" | "chrt" | "sudo"
        | "doas" | "busybox" => {
            let mut at = 0;
            while let Some(word) = rest.get(at).filter(|word| is_setting(word)) {
                at += if matches!(*word, "-u" | "-g") { 2 } else { 1 };
            }
            rest.get(at..)
        }
        _ => None,
    }
}

/// An option, an assignment, or the number that belongs to an option.
fn is_setting(word: &str) -> bool {
    word.starts_with('-') || word.contains('=') || word.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{MAX, plain};

    #[test]
    fn what_is_run() {
        for (command, want) in [
            ("/usr/bin/cat /etc/shadow", "cat /etc/shadow"),
            ("/bin/sh -c '/usr/sbin/useradd  -m x'", "useradd -m x"),
            ("/bin/bash -lc cd /srv && /usr/bin/rm -rf x", "cd /srv && /usr/bin/rm -rf x"),
            ("/usr/bin/env A=1 B=2 /usr/bin/nice -n 10 /usr/bin/timeout -k 5 10s \"visudo\"", "visudo"),
            ("/usr/bin/sudo -u root /usr/bin/id", "id"),
            ("/bin/bash /opt/script.sh -c", "bash /opt/script.sh -c"),
            ("/bin/bash -x --norc /opt/script.sh", "bash -x --norc /opt/script.sh"),
            ("/bin/bash", "bash"),
            ("/usr/bin/env", "env"),
            ("/bin/sh -c", "sh -c"),
        ] {
            assert_eq!(plain(command, false).as_deref(), Some(want), "{command}");
        }
        assert_eq!(plain("  ", false), None);
    }

    #[test]
    fn an_end_that_is_not_seen_is_marked() {
        assert_eq!(plain("ls /srv", true).as_deref(), Some("ls /srv ;"));
        let long = format!("sh -c 'ls {}; useradd x'", "é".repeat(MAX));
        let made = plain(&long, false).unwrap();
        assert!(made.starts_with("ls é") && made.ends_with(" ;") && made.len() <= MAX + 2, "{made}");
        let nested = "env ".repeat(90) + "useradd";
        assert!(plain(&nested, false).unwrap().starts_with("env env"), "bounded");
    }
}
