//! Where the arguments of a tool call send something: receivers of mail, addresses of hooks and pages.

use crate::json::{Tape, Value};
use crate::support::network::url_host;
use vires_event::Text;

/// The most destinations that one call names.
const MAX: usize = 16;

/// The most of the arguments that is read.
const MAX_BYTES: usize = 16 << 10;

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

fn members(object: Value<'_>, depth: usize, own: Option<&str>, found: &mut Vec<Text<'_>>) {
    for (key, value) in object.fields() {
        let key: String = key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).take(32).collect();
        let receiver = match key.as_str() {
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
    use super::destinations;

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
