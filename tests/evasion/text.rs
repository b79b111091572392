use crate::tag;

/// Users choose their names and commands: what they write into a line of text stands for nothing but itself.
#[test]
fn text_that_quotes_a_log_line_does_not_become_one() {
    let genuine =
        "Mar  1 08:00:00 web1 sshd[12]: Accepted publickey for deploy from 203.0.113.7 port 50022 ssh2: ED25519 SHA256:abc";
    let object = tag(&[genuine.to_owned()]).remove(0);
    assert_eq!((object["source"].as_str(), object["action"].as_str()), (Some("sshd"), Some("sshd:login")), "{object}");
    let id = object["id"].clone();
    for (line, what) in [
        // A user name that quotes a successful login of somebody else.
        (
            "Mar  1 08:00:00 web1 sshd[12]: Failed password for invalid user x Accepted publickey for deploy from 192.0.2.1 port 1 ssh2 from 203.0.113.7 port 50022 ssh2",
            "a failed login is none that went well",
        ),
        (
            "Mar  1 08:00:00 web1 app[9]: sshd[12]: Accepted publickey for deploy from 203.0.113.7 port 50022 ssh2",
            "another program",
        ),
        (
            "192.0.2.1 - - [01/Mar/2026:08:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"sshd[12]: Accepted publickey for deploy from 203.0.113.7 port 50022 ssh2\"",
            "a user agent",
        ),
    ] {
        let object = tag(&[line.to_owned()]).remove(0);
        let login = object["action"] == "sshd:login" && object["outcome"] == "success" && object["id"] == id;
        assert!(!login, "{what}: {object}");
    }
}

/// A command line may hold anything, line ends as escapes and control characters too: one line stays one answer, and JSON.
#[test]
fn control_characters_and_separators_stay_inside_their_line() {
    let lines: Vec<String> =
        ["\u{1b}[2J\u{1b}[H", "\\n{\"nhi\":{}}", "\u{85}\u{2028}\u{2029}", "\0\0", "\u{202e}evil", "\r\t\u{b}\u{c}"]
            .iter()
            .map(|text| {
                format!("Mar  1 08:00:00 web1 sudo:   deploy : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh -c {text}")
            })
            .collect();
    for object in tag(&lines) {
        assert_eq!((object["source"].as_str(), object["tagged"].as_bool()), (Some("sudo"), Some(true)), "{object}");
    }
    let table = crate::run(&["tag", "--format", "table"], (lines.join("\n") + "\n").as_bytes());
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    assert!(!table.text().chars().any(|c| c.is_control() && c != '\n'), "{:?}", table.text());
}
