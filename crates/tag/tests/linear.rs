//! Lines that were made to be slow. No clock is read: a cost that grows with the square would keep these tests busy for minutes.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use vires_catalog::Catalog;
use vires_tag::{Options, Scratch, Tagger};

const TIMES: usize = 60_000;

fn cloudtrail(parameters: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","accountId":"123456789012","userName":"ci"}},"eventTime":"2026-11-23T18:44:41Z","eventSource":"iam.amazonaws.com","eventName":"CreatePolicy","requestParameters":{parameters}}}"#
    )
}

fn statement(members: &str, condition: &str) -> String {
    let everybody = r#""*","#.repeat(TIMES);
    cloudtrail(&format!(
        r#"{{"policy":{{"Statement":{{{members}"Effect":"Allow","Principal":[{everybody}1],"Condition":{{{condition}}}}}}}}}"#
    ))
}

#[test]
fn what_repeats_in_a_line_is_looked_at_once_each() {
    let tagger = Tagger::new(&Arc::new(Catalog::builtin().unwrap()), Options::default()).unwrap();
    let (key, members) = (r#""AKIA","#.repeat(TIMES), r#""x":1,"#.repeat(TIMES));
    let property = r#"{"displayName":"KeyDescription"},"#.repeat(TIMES / 2);
    for line in [
        cloudtrail(&format!(r#"{{"list":[{key}1]}}"#)),
        cloudtrail(&format!("{{{}}}", r#""accessKeyId":"AKIARZPUZDIKABNMHEL6","#.repeat(TIMES).trim_end_matches(','))),
        cloudtrail(&format!("{}{key}1{}", "[".repeat(TIMES), "]".repeat(TIMES))),
        cloudtrail(&format!("{}[{key}1]{}", r#"{"a":"#.repeat(TIMES), "}".repeat(TIMES))),
        cloudtrail(&format!(r#"{{"{}":[{key}1]}}"#, "a.b".repeat(TIMES))),
        statement(&members, ""),
        statement("", &format!(r#""StringEquals":{{{members}"y":1}}"#)),
        format!(
            r#"{{"category":"AuditLogs","properties":{{"activityDisplayName":"x","initiatedBy":{{}},"targetResources":[{{{members}"modifiedProperties":[{property}1]}}]}}}}"#
        ),
    ] {
        let mut answer = Vec::new();
        let report = tagger.line(line.as_bytes(), &mut Scratch::default(), &mut answer);
        assert!(report.source.is_some());
        assert_eq!(&answer[..line.len() - 1], &line.as_bytes()[..line.len() - 1]);
    }
}
