//! Just enough SQL to say which statement it is and what it names. Not a parser: one pass over the words, bounded.

/// What one statement does and names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Statement<'q> {
    /// `CREATE_USER`, `GRANT_ROLE`, `UNLOAD`, `SELECT` …
    pub action: String,
    /// The kind of account-level object it names, e.g. `user`; `None` for tables, views and stages.
    pub object_kind: Option<&'static str>,
    /// Objects as written, quotes removed, the one acted upon first.
    pub objects: Vec<&'q str>,
    /// True if the new object is a copy of another one.
    pub clones: bool,
    /// External locations: URLs of stages and unloads.
    pub urls: Vec<&'q str>,
}

const MAX_WORDS: usize = 4096;
const MAX_OBJECTS: usize = 12;

/// Reads the first statement of `query`. `None` if there is no word in it.
pub(crate) fn read(query: &str) -> Option<Statement<'_>> {
    let mut words = Words { rest: query }.take(MAX_WORDS).peekable();
    let verb = words.next()?.to_ascii_uppercase();
    let mut found = Statement::default();
    match verb.as_str() {
        "CREATE" | "ALTER" | "DROP" | "UNDROP" | "TRUNCATE" | "SHOW" | "DESCRIBE" | "DESC" | "COMMENT" => {
            definition(&verb, &mut words, &mut found);
        }
        "GRANT" | "REVOKE" => grant(&verb, &mut words, &mut found),
        "COPY" => copy(&mut words, &mut found),
        "GET" | "PUT" | "LIST" | "LS" | "REMOVE" | "RM" => {
            found.action = match verb.as_str() {
                "LS" => "LIST_FILES".into(),
                "RM" => "REMOVE_FILES".into(),
                verb => format!("{verb}_FILES"),
            };
            found.objects.extend(words.by_ref().find(|word| word.starts_with('@')));
        }
        _ => {
            found.action = if verb == "WITH" { "SELECT".into() } else { verb };
            tables(&mut words, &mut found);
        }
    }
    found.urls.extend(words.filter(|word| is_url(word)).take(MAX_OBJECTS));
    Some(found)
}

type Stream<'q> = std::iter::Peekable<std::iter::Take<Words<'q>>>;

/// Object types of more than one word, and the kind by which account-level ones are named.
const TYPES: &[(&str, Option<&str>, Option<&'static str>)] = &[
    ("USER", None, Some("user")),
    ("ROLE", None, Some("role")),
    ("WAREHOUSE", None, Some("warehouse")),
    ("SHARE", None, Some("share")),
    ("ACCOUNT", None, Some("account")),
    ("INTEGRATION", None, Some("integration")),
    ("SECURITY", Some("INTEGRATION"), Some("integration")),
    ("STORAGE", Some("INTEGRATION"), Some("integration")),
    ("API", Some("INTEGRATION"), Some("integration")),
    ("NOTIFICATION", Some("INTEGRATION"), Some("integration")),
    ("EXTERNAL", Some("TABLE"), None),
    ("EXTERNAL", Some("FUNCTION"), None),
    ("NETWORK", Some("POLICY"), Some("network_policy")),
    ("NETWORK", Some("RULE"), Some("network_rule")),
    ("MASKING", Some("POLICY"), Some("masking_policy")),
    ("SESSION", Some("POLICY"), Some("session_policy")),
    ("PASSWORD", Some("POLICY"), Some("password_policy")),
    ("AUTHENTICATION", Some("POLICY"), Some("authentication_policy")),
    ("RESOURCE", Some("MONITOR"), Some("resource_monitor")),
    ("DATABASE", Some("ROLE"), Some("role")),
    ("FILE", Some("FORMAT"), None),
];

fn definition<'q>(verb: &str, words: &mut Stream<'q>, found: &mut Statement<'q>) {
    const MODIFIERS: &[&str] = &[
        "OR",
        "REPLACE",
        "TEMP",
        "TEMPORARY",
        "TRANSIENT",
        "VOLATILE",
        "LOCAL",
        "GLOBAL",
        "SECURE",
        "RECURSIVE",
        "ON",
        "TERSE",
    ];
    while words.next_if(|word| MODIFIERS.iter().any(|m| word.eq_ignore_ascii_case(m))).is_some() {}
    let Some(first) = words.next() else {
        found.action = verb.to_owned();
        return;
    };
    let mut action = format!("{verb}_{}", first.to_ascii_uppercase());
    let pair = words.peek().and_then(|next| {
        TYPES.iter().find(|(a, b, _)| b.is_some_and(|b| next.eq_ignore_ascii_case(b)) && first.eq_ignore_ascii_case(a))
    });
    let kind = pair.or_else(|| TYPES.iter().find(|(a, b, _)| b.is_none() && first.eq_ignore_ascii_case(a)));
    if let Some((_, Some(second), _)) = pair {
        words.next();
        action.push('_');
        action.push_str(second);
    }
    found.action = action;
    found.object_kind = kind.and_then(|(_, _, kind)| *kind);
    while words.next_if(|word| ["IF", "NOT", "EXISTS"].iter().any(|m| word.eq_ignore_ascii_case(m))).is_some() {}
    if first.eq_ignore_ascii_case("ACCOUNT") {
        return;
    }
    if let Some(name) = words.next_if(|word| !["SET", "IN", "LIKE"].iter().any(|m| word.eq_ignore_ascii_case(m))) {
        found.objects.push(name);
    }
    if words.next_if(|word| word.eq_ignore_ascii_case("CLONE")).is_some() {
        found.clones = true;
        found.objects.extend(words.next());
    }
}

fn grant<'q>(verb: &str, words: &mut Stream<'q>, found: &mut Statement<'q>) {
    if words.peek().is_some_and(|word| word.eq_ignore_ascii_case("ROLE")) {
        words.next();
        found.action = format!("{verb}_ROLE");
        found.object_kind = Some("role");
        found.objects.extend(words.next());
    } else {
        found.action = verb.to_owned();
        if words.any(|word| word.eq_ignore_ascii_case("ON")) {
            // ON [ALL|FUTURE] <type> [IN <type>] <name>
            let mut last = None;
            while let Some(word) = words.next_if(|word| !["TO", "FROM"].iter().any(|m| word.eq_ignore_ascii_case(m))) {
                last = Some(word);
            }
            found.objects.extend(last);
        }
    }
    let to = if verb == "GRANT" { "TO" } else { "FROM" };
    if words.any(|word| word.eq_ignore_ascii_case(to)) {
        let grantee = words.next();
        let named = words.next().filter(|word| !word.eq_ignore_ascii_case("WITH"));
        found.objects.extend(named.or(grantee));
    }
}

/// `COPY INTO @stage | 'url' FROM table` unloads, `COPY INTO table FROM @stage` loads.
fn copy<'q>(words: &mut Stream<'q>, found: &mut Statement<'q>) {
    words.next_if(|word| word.eq_ignore_ascii_case("INTO"));
    let Some(to) = words.next() else {
        found.action = "COPY".into();
        return;
    };
    let unload = to.starts_with('@') || is_url(to);
    found.action = if unload { "UNLOAD" } else { "COPY" }.into();
    if is_url(to) {
        found.urls.push(to)
    } else {
        found.objects.push(to)
    }
    tables(words, found);
}

/// What stands after FROM, JOIN, INTO, UPDATE, TABLE, CALL.
fn tables<'q>(words: &mut Stream<'q>, found: &mut Statement<'q>) {
    if matches!(found.action.as_str(), "UPDATE" | "CALL" | "USE") {
        found.objects.extend(words.next());
    }
    while let Some(word) = words.next() {
        let names = ["FROM", "JOIN", "INTO"].iter().any(|key| word.eq_ignore_ascii_case(key));
        if names && let Some(name) = words.next_if(|name| !name.eq_ignore_ascii_case("SELECT")) {
            if found.objects.len() < MAX_OBJECTS && !found.objects.contains(&name) {
                if is_url(name) { found.urls.push(name) } else { found.objects.push(name) }
            }
        } else if is_url(word) && found.urls.len() < MAX_OBJECTS {
            found.urls.push(word);
        }
    }
}

fn is_url(word: &str) -> bool {
    ["s3://", "s3gov://", "gcs://", "azure://", "https://", "http://"]
        .iter()
        .any(|scheme| word.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
}

/// Words without blanks, commas, brackets, equal signs, comments and enclosing quotes. Empty ones are left out.
struct Words<'q> {
    rest: &'q str,
}

impl<'q> Iterator for Words<'q> {
    type Item = &'q str;

    fn next(&mut self) -> Option<&'q str> {
        loop {
            self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | ';' | '='));
            if let Some(comment) = self.rest.strip_prefix("--").or_else(|| self.rest.strip_prefix("//")) {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
                continue;
            }
            if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
                continue;
            }
            let first = self.rest.bytes().next()?;
            // A quoted name may go on after its quote: "DB"."SCHEMA". Text in single quotes stands alone.
            let end = if first == b'\'' { closing_quote(self.rest) } else { end_of_word(self.rest) };
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            let word = word.trim_matches(['\'', '"']);
            if !word.is_empty() {
                return Some(word);
            }
        }
    }
}

fn closing_quote(text: &str) -> usize {
    text.get(1..).and_then(|inner| inner.find('\'')).map_or(text.len(), |at| at + 2)
}

fn end_of_word(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            ',' | '(' | ')' | ';' | '=' | '\'' => return at,
            c if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::read;
    use proptest::prelude::*;

    /// Query, action, object kind, objects, URLs.
    type Row = (&'static str, &'static str, Option<&'static str>, &'static [&'static str], &'static [&'static str]);

    #[test]
    fn statements() {
        let rows: &[Row] = &[
            ("create or replace user MERCY PASSWORD = 'x'", "CREATE_USER", Some("user"), &["MERCY"], &[]),
            ("CREATE OR REPLACE TEMP STAGE logs.PUBLIC.out;", "CREATE_STAGE", None, &["logs.PUBLIC.out"], &[]),
            (
                "CREATE STAGE s URL='s3://exfil-bucket/a/' CREDENTIALS=(x='y')",
                "CREATE_STAGE",
                None,
                &["s"],
                &["s3://exfil-bucket/a/"],
            ),
            ("ALTER NETWORK POLICY np SET x", "ALTER_NETWORK_POLICY", Some("network_policy"), &["np"], &[]),
            ("alter account set network_policy = null", "ALTER_ACCOUNT", Some("account"), &[], &[]),
            ("DROP TABLE IF EXISTS db.s.\"My Table\"", "DROP_TABLE", None, &["db.s.\"My Table"], &[]),
            ("GRANT ROLE ACCOUNTADMIN TO USER mallory", "GRANT_ROLE", Some("role"), &["ACCOUNTADMIN", "mallory"], &[]),
            ("grant select on future tables in schema db.s to share sh", "GRANT", None, &["db.s", "sh"], &[]),
            ("COPY INTO @st/x FROM (SELECT * FROM db.s.t LIMIT 1)", "UNLOAD", None, &["@st/x", "db.s.t"], &[]),
            ("COPY INTO 's3://b/x' FROM t", "UNLOAD", None, &["t"], &["s3://b/x"]),
            ("COPY INTO mytable\nFROM @st", "COPY", None, &["mytable", "@st"], &[]),
            ("/* note */ -- c\nGET @st/x file:///tmp/", "GET_FILES", None, &["@st/x"], &[]),
            ("with a as (select 1 from x) select * from a join \"Y\" on 1", "SELECT", None, &["x", "a", "Y"], &[]),
            ("UPDATE t SET a = 1", "UPDATE", None, &["t"], &[]),
            ("SHOW TABLES IN DATABASE db", "SHOW_TABLES", None, &[], &[]),
            ("CREATE SECURITY INTEGRATION i", "CREATE_SECURITY_INTEGRATION", Some("integration"), &["i"], &[]),
        ];
        for (query, action, kind, objects, urls) in rows {
            let found = read(query).unwrap();
            assert_eq!((&*found.action, found.object_kind), (*action, *kind), "{query}");
            assert_eq!((&*found.objects, &*found.urls), (*objects, *urls), "{query}");
        }
        let copy = read("CREATE OR REPLACE DATABASE dev CLONE prod").unwrap();
        assert!(copy.clones && copy.action == "CREATE_DATABASE" && copy.objects == ["dev", "prod"]);
        assert!(!read("CREATE TABLE clone (a int)").unwrap().clones);
        assert_eq!(read(" -- nothing"), None);
    }

    proptest! {
        #[test]
        fn survives_any_text(query in "\\PC{0,80}", keyword in "(CREATE|GRANT|COPY INTO|SELECT|GET|SHOW) ") {
            read(&format!("{keyword}{query}"));
            read(&query);
        }
    }
}
