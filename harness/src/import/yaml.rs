//! The YAML of rule files as JSON, with limits: a rule is small, an expansion bomb is not.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Values in one file.
const MOST: usize = 200_000;
/// Lists and mappings within each other.
const DEEPEST: usize = 64;

enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// The first document; `None` if the text is not YAML, uses aliases, or is too large.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut open: Vec<Open> = Vec::new();
    for (count, event) in Parser::new_from_str(text).enumerate() {
        if count > MOST || open.len() > DEEPEST {
            return None;
        }
        let value = match event.ok()?.0 {
            Event::Alias(_) => return None,
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::List(list) => Value::Array(list),
                Open::Object(map, _) => Value::Object(map),
            },
            Event::Scalar(text, style, ..) => {
                // A key is text, whatever it looks like.
                let is_key = matches!(open.last(), Some(Open::Object(_, None)));
                if style == ScalarStyle::Plain && !is_key { plain(&text) } else { Value::String(text.into_owned()) }
            }
            _ => continue,
        };
        match open.last_mut() {
            None => return Some(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Object(map, key)) => match key.take() {
                Some(key) => {
                    map.insert(key, value);
                }
                None => *key = Some(value.as_str()?.to_string()),
            },
        }
    }
    None
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        // What JSON would call a number; 0x1f, 1_000 and 007 stay text.
        _ => match serde_json::from_str::<Value>(text) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => Value::String(text.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn reads_what_rules_are_made_of() {
        let text = "RuleID: \"A.B\"\nEnabled: true\nThreshold: 5\nTests:\n  - Name: x\n    Log:\n      {\n        \"a\": {\"b\": null, \"c\": [1, 2]},\n        \"id\": \"1\",\n      }\n  - Name: 12:30\n";
        assert_eq!(
            read(text).unwrap(),
            json!({"RuleID":"A.B","Enabled":true,"Threshold":5,"Tests":[{"Name":"x","Log":{"a":{"b":null,"c":[1,2]},"id":"1"}},{"Name":"12:30"}]})
        );
        assert_eq!(read("a: >\n  two\n  lines\nb: 007\n1: x\n").unwrap(), json!({"a":"two lines\n","b":"007","1":"x"}));
    }

    #[test]
    fn refuses_what_is_broken_or_explodes() {
        assert!(read("a: [1, 2").is_none());
        assert!(read("a: &x [1]\nb: *x\n").is_none());
        assert!(read(&"[".repeat(10_000)).is_none());
        assert!(read("").is_none());
    }
}
