//! Amazon Bedrock model invocation log. Prompts and answers are not read: they are anybody's text.
//!
//! The action is `bedrock:<operation>`, the target `bedrock:<model>`.

use crate::Hints;
use crate::json::Value;
use crate::support::aws;
use crate::support::cloud::bounded;
use crate::support::fields::{join, say};
use vires_event::{Activity, Identity, Kind, Outcome, Place, Session, Source, Target};

/// True for a record of the schema.
pub(crate) fn detect(record: Value<'_>) -> bool {
    let (mut schema, mut model, mut shape) = (false, false, false);
    for (key, value) in record.fields() {
        match key {
            "schemaType" => schema = value.str().is_some_and(|s| s == "ModelInvocationLog"),
            "modelId" => model = true,
            "identity" => shape = value.get("arn").is_some(),
            _ => {}
        }
    }
    schema || model && shape
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let operation = say(record, "operation").map(|o| bounded(o, 128)).unwrap_or("InvokeModel".into());
    let mut a = Activity::new(Source::Bedrock, join("bedrock:", &operation));
    a.time = say(record, "timestamp").or_else(|| hints.time.clone());
    a.event_id = say(record, "requestId").map(|id| bounded(id, 128));
    a.place = Place { account: say(record, "accountId"), region: say(record, "region"), host: None };
    if let Some(arn) = say(record, "identity.arn").map(|arn| bounded(arn, 2048)) {
        match aws::principal(&arn) {
            Some(principal) => {
                let agent = principal.identity.name.starts_with("AmazonBedrockExecutionRoleForAgents_");
                a.session = principal.session.map(|name| Session { name, mfa: None });
                a.identity = Some(principal.identity);
                if let Some(identity) = a.identity.as_mut().filter(|_| agent) {
                    // Bedrock itself assumes this role, for the agent it runs.
                    (identity.kind, identity.actor) = (Kind::AiAgent, vires_event::Actor::Machine);
                }
            }
            None => {
                a.identity = Some(Identity {
                    id: join("aws:unknown:", &arn),
                    kind: Kind::Token,
                    actor: vires_event::Actor::Ambiguous,
                    name: arn,
                    raw: None,
                });
            }
        }
    }
    a.error_code = say(record, "errorCode").map(|c| bounded(c, 128));
    a.outcome = Some(match a.error_code.as_deref() {
        Some(code) if aws::denied(code) => Outcome::Denied,
        Some(_) => Outcome::Error,
        None => Outcome::Success,
    });
    if let Some(model) = say(record, "modelId").map(|m| bounded(m, 512)) {
        let name = aws::target(&model).unwrap_or_else(|| join("bedrock:", &model));
        a.targets.push(Target { name });
        a.mentions.push(model);
    }
    Some(a)
}

#[cfg(test)]
mod tests {
    use crate::support::testing::{Row, check};

    macro_rules! invocation {
        ($arn:literal, $operation:literal, $model:literal $(, $more:literal)?) => {
            concat!(
                r#"{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-03-01T10:00:00Z","accountId":"123456789012","region":"eu-west-1","requestId":"r-1","operation":""#,
                $operation, r#"","modelId":""#, $model, r#"","identity":{"arn":""#, $arn, r#""},"input":{"inputTokenCount":12}"#, $(",", $more,)? "}"
            )
        };
    }

    #[test]
    fn who_and_what() {
        let row = |record, who: [&'static str; 3], what: [&'static str; 3]| {
            let ([id, kind, actor], [action, target, outcome]) = (who, what);
            Row { record, source: "bedrock", id, kind, actor, action, target, outcome }
        };
        check(&[
            row(
                invocation!("arn:aws:sts::123456789012:assumed-role/summariser/fn", "Converse", "vendor.model-v1:0"),
                ["aws:role/123456789012/summariser", "role", "ambiguous"],
                ["bedrock:Converse", "bedrock:vendor.model-v1:0", "success"],
            ),
            row(
                invocation!(
                    "arn:aws:sts::123456789012:assumed-role/AmazonBedrockExecutionRoleForAgents_X/s",
                    "InvokeModel",
                    "arn:aws:bedrock:eu-west-1::foundation-model/vendor.model-v1:0"
                ),
                ["aws:role/123456789012/AmazonBedrockExecutionRoleForAgents_X", "ai_agent", "machine"],
                ["bedrock:InvokeModel", "bedrock:vendor.model-v1:0", "success"],
            ),
            row(
                invocation!(
                    "arn:aws:iam::123456789012:user/BedrockAPIKey-x",
                    "InvokeModel",
                    "m",
                    r#""errorCode":"AccessDeniedException""#
                ),
                ["aws:user/123456789012/BedrockAPIKey-x", "access_key", "ambiguous"],
                ["bedrock:InvokeModel", "bedrock:m", "denied"],
            ),
        ]);
    }
}
