//! What the arguments of a tool call say: where it sends something (receivers of mail, addresses of hooks and pages), and what it
//! touches (tables of a statement, files, records).
//!
//! Agents have few tools and do everything with them: `run_sql` says nothing of what was read.

use crate::json::{Tape, Value};
use crate::support::network::url_host;
use crate::support::sql;
use vires_event::{Target, Text};

/// The most destinations that one call names.
const MAX: usize = 16;

/// The most of the arguments that is read.
const MAX_BYTES: usize = 16 << 10;

/// The most targets that one call names, and the longest name of one.
const MAX_TARGETS: usize = 6;
const MAX_NAME: usize = 256;

/// How deep members are looked for: `message.toRecipients`.
const MAX_DEPTH: usize = 3;

/// Adds the domains of receivers and the hosts of addresses. `own` is the domain of whom the agent works for: it is no outside party.
pub(super) fn destinations<'a>(arguments: &str, own: Option<&str>, found: &mut Vec<Text<'a>>) {
    if arguments.len() > MAX_BYTES {
        return;
    }
    let mut tape = Tape::default();
    if let Ok(value) = tape.parse(arguments) {
        members(value, MAX_DEPTH, own, found);
    }
}

/// True if the call sends something, and all who receive it are of the domain of whom the agent works for.
pub(super) fn stays(arguments: &str, own: Option<&str>) -> bool {
    let to = |own| {
        let mut found = Vec::new();
        destinations(arguments, own, &mut found);
        found.len()
    };
    own.is_some() && to(None) > 0 && to(own) == 0
}

/// Adds what the call touches: `sql:<table>`, `file:<path>`, `secret:<name>` and the like.
pub(super) fn targets(arguments: &str, found: &mut Vec<Target<'_>>) {
    if arguments.len() > MAX_BYTES {
        return;
    }
    let mut tape = Tape::default();
    let Ok(value) = tape.parse(arguments) else { return };
    let mut names: Vec<String> = Vec::new();
    let database =
        value.fields().find(|(key, _)| matches!(folded(key).as_str(), "database" | "db" | "databasename" | "dbname"));
    let database = database.and_then(|(_, value)| value.str()).filter(|name| !name.is_empty());
    let lies_in = |table: &str| match &database {
        Some(database) => format!("{database}/{table}").to_ascii_lowercase(),
        None => table.to_ascii_lowercase(),
    };
    for (key, value) in value.fields() {
        let Some(text) = value.str() else { continue };
        let mut name = |prefix: &str, name: &str| {
            let plain = !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control);
            let name = [prefix, name].concat();
            if plain && names.len() < MAX_TARGETS && !names.contains(&name) {
                names.push(name);
            }
        };
        match folded(key).as_str() {
            key if is_statement(key) => {
                if let Some(statement) = sql::read(&text).filter(|s| VERBS.iter().any(|verb| s.action.starts_with(verb))) {
                    statement.objects.iter().for_each(|table| name("sql:", &lies_in(&table.replace('"', ""))));
                }
            }
            "table" | "tablename" | "collection" | "dataset" => name("sql:", &lies_in(&text)),
            // What lies in the project is what a tool works on.
            "path" | "file" | "filepath" | "filename" | "directory" | "folder" if lies_outside(&text) => name("file:", &text),
            "secret" | "secretname" | "secretid" | "secretpath" => name("secret:", &text),
            "bucket" | "bucketname" => name("bucket:", &text),
            "mailbox" => name("mailbox:", &text),
            "repo" | "repository" => name("repository:", &text),
            _ => {}
        }
    }
    found.extend(names.into_iter().map(|name| Target { name: name.into() }));
}

/// What a statement among the arguments does that a tool for statements does not tell by its name, as a detail of the action: effects.tsv
/// has rules for it.
pub(super) fn consequence(arguments: &str) -> Option<&'static str> {
    if arguments.len() > MAX_BYTES {
        return None;
    }
    let mut tape = Tape::default();
    let value = tape.parse(arguments).ok()?;
    value.fields().filter(|(key, _)| is_statement(&folded(key))).find_map(|(_, value)| {
        let text = value.str()?;
        let statement = sql::read(&text)?;
        let done = statement.action.as_str();
        let all_of_it = || !text.split_whitespace().any(|word| word.eq_ignore_ascii_case("where"));
        match done {
            "DELETE" => (!statement.objects.is_empty() && all_of_it()).then_some("sql drop"),
            "CREATE_USER" | "ALTER_USER" | "CREATE_ROLE" => Some("sql grant"),
            "DROP_TABLE" | "DROP_DATABASE" | "DROP_SCHEMA" | "TRUNCATE_TABLE" => Some("sql drop"),
            _ if done.starts_with("GRANT") && !statement.objects.is_empty() => Some("sql grant"),
            _ => None,
        }
    })
}

/// True for members that hold a statement. What is asked in words is none, though it may stand in the same place.
fn is_statement(key: &str) -> bool {
    matches!(key, "sql" | "query" | "statement" | "sqlquery" | "querytext")
}

/// True for files that are the host's or a person's, and for those that hide.
fn lies_outside(path: &str) -> bool {
    path.starts_with(['/', '~', '\\']) || path.split('/').any(|part| part == ".." || (part.starts_with('.') && part.len() > 1))
}

/// How statements begin that name tables.
const VERBS: [&str; 12] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "UNLOAD", "CREATE", "ALTER", "DROP", "TRUNCATE", "GRANT"];

/// A key in one spelling: `toAddresses`, `to_addresses` and `to-addresses` are one.
fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).take(32).collect()
}

fn members(object: Value<'_>, depth: usize, own: Option<&str>, found: &mut Vec<Text<'_>>) {
    for (key, value) in object.fields() {
        let receiver = match folded(key).as_str() {
            "to" | "cc" | "bcc" | "recipient" | "recipients" | "toaddress" | "toaddresses" | "torecipients"
            | "ccrecipients" | "bccrecipients" => true,
            "url" | "uri" | "webhook" | "webhookurl" | "callbackurl" | "endpoint" => false,
            _ if value.is_object() && depth > 1 => {
                members(value, depth - 1, own, found);
                continue;
            }
            _ => continue,
        };
        for text in value.leaves().filter_map(|(_, leaf)| leaf.text()) {
            let mut push = |name: &str| {
                let name = name.to_ascii_lowercase();
                let outside = own.is_none_or(|own| !own.eq_ignore_ascii_case(&name));
                if outside && found.len() < MAX && found.iter().all(|known| *known != name) {
                    found.push(name.into());
                }
            };
            if receiver {
                mail_domains(&text).for_each(push);
            } else if text.contains("://") {
                url_host(&text).into_iter().for_each(&mut push);
            }
        }
    }
}

/// The domains in `Jane <jane@example.com>, joe@example.org`.
fn mail_domains(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"'));
    let domain = |word: &str| word.rsplit_once('@').map_or("", |(_, domain)| domain).len();
    words.filter_map(move |word| word.get(word.len() - domain(word)..)).filter(|domain| {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
        domain.len() <= 253 && domain.contains('.') && domain.chars().all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::{consequence, destinations, stays, targets};

    #[test]
    fn what_stays_within_the_domain() {
        for (arguments, want) in [
            (r#"{"to":"Jane <jane@example.com>, joe@example.com"}"#, true),
            (r#"{"to":"jane@example.com","cc":"joe@example.net"}"#, false),
            (r#"{"to":"jane@example.com","webhook":"https://hooks.example.org/x"}"#, false),
            (r#"{"subject":"jane@example.com"}"#, false),
        ] {
            assert_eq!(stays(arguments, Some("example.com")), want, "{arguments}");
            assert!(!stays(arguments, None));
        }
    }

    #[test]
    fn what_a_statement_does() {
        for (arguments, want) in [
            (r#"{"sql":"DROP TABLE companies"}"#, Some("sql drop")),
            (r#"{"database":"prod","query":"truncate table hr.people"}"#, Some("sql drop")),
            (r#"{"query":"DELETE FROM people"}"#, Some("sql drop")),
            (r#"{"query":"DELETE FROM people WHERE id = 7"}"#, None),
            (r#"{"query":"GRANT ALL ON people TO bot"}"#, Some("sql grant")),
            (r#"{"query":"CREATE USER bot PASSWORD 'x'"}"#, Some("sql grant")),
            (r#"{"query":"SELECT 1 FROM people"}"#, None),
            (r#"{"query":"drop me a line about people"}"#, None),
            (r#"{"query":"delete"}"#, None),
            (r#"{"note":"DROP TABLE companies"}"#, None),
            ("not json", None),
        ] {
            assert_eq!(consequence(arguments), want, "{arguments}");
        }
    }

    #[test]
    fn what_a_call_touches() {
        for (arguments, want) in [
            (
                r#"{"sql":"SELECT name, iban FROM hr.Salaries s JOIN hr.people p ON p.id = s.id"}"#,
                &["sql:hr.salaries", "sql:hr.people"][..],
            ),
            (r#"{"query":"how do I return an order from last week"}"#, &[]),
            (r#"{"query":"select 1"}"#, &[]),
            (r#"{"file_path":"/etc/shadow","mode":"r"}"#, &["file:/etc/shadow"]),
            (r#"{"path":"src/customers.rs"}"#, &[]),
            (r#"{"path":"./src/main.rs"}"#, &[]),
            (r#"{"path":"deploy/.env"}"#, &["file:deploy/.env"]),
            (r#"{"secretName":"prod/db","table_name":"Orders"}"#, &["secret:prod/db", "sql:orders"]),
            (r#"{"database":"Prod","query":"SELECT id FROM hr.people"}"#, &["sql:prod/hr.people"]),
            (r#"{"path":["a"],"table":7}"#, &[]),
            ("not json", &[]),
        ] {
            let mut found = Vec::new();
            targets(arguments, &mut found);
            assert_eq!(found.iter().map(|t| &*t.name).collect::<Vec<_>>(), want, "{arguments}");
        }
        let many: Vec<String> = (0..100).map(|n| format!("t{n}")).collect();
        let mut found = Vec::new();
        targets(&format!("{{\"sql\":\"SELECT 1 FROM {}\"}}", many.join(" JOIN ")), &mut found);
        assert_eq!(found.len(), super::MAX_TARGETS);
    }

    #[test]
    fn receivers_and_hooks() {
        for (arguments, own, want) in [
            (
                r#"{"to":"Jane <jane@Example.com>, joe@example.org","subject":"a@b.example"}"#,
                None,
                &["example.com", "example.org"][..],
            ),
            (r#"{"to":["a@example.com"],"bcc":["b@example.net"]}"#, Some("example.com"), &["example.net"]),
            (r#"{"webhook_url":"https://hooks.example.net/x?y=1","url":"no address"}"#, None, &["hooks.example.net"]),
            (r#"{"email":"customer@example.com","query":"select 1"}"#, None, &[]),
            (r#"{"message":{"toRecipients":[{"emailAddress":{"address":"c@example.org"}}]}}"#, None, &["example.org"]),
            (r#"{"to":"everybody"}"#, None, &[]),
            ("not json, to: a@example.com", None, &[]),
        ] {
            let mut found = Vec::new();
            destinations(arguments, own, &mut found);
            assert_eq!(found, want, "{arguments}");
        }
    }

    #[test]
    fn many_receivers_are_bounded() {
        let list: Vec<String> = (0..100).map(|n| format!("\"a@d{n}.example\"")).collect();
        let mut found = Vec::new();
        destinations(&format!("{{\"to\":[{}]}}", list.join(",")), None, &mut found);
        assert_eq!(found.len(), super::MAX);
    }
}
