//! Spans of AI agents under the OpenTelemetry GenAI and MCP conventions: one OTLP JSON span (`attributes` as a list of key and value,
//! alone or as the only interesting one in `resourceSpans`), or attributes as plain members (`gen_ai.operation.name`), at the top or in
//! `attributes`.
//!
//! The action is `otel_genai:<operation>`; for a tool call `otel_genai:execute_tool <tool>`, whether the span is the agent's or an MCP
//! `tools/call`. The identity is `otel_genai:agent:<id or name>`, else `otel_genai:service:<service.name>`. Targets are
//! `mcp:<resource uri>`, `tool:<name>`, `model:<name>`; who the agent works for is its delegation. Destinations are the hosts and the
//! mail domains that the arguments of a tool call send something to.
//! Of an export with several spans the first one of an agent is decoded: configure the exporter to write one span a line.

mod arguments;

use crate::Hints;
use crate::json::Value;
use crate::support::cloud::bounded;
use crate::support::fields::join;
use crate::support::names::{is_uuid, person_id};
use crate::support::network::{address, url_host};
use vires_event::{Activity, Actor, Delegation, Identity, Kind, Link, Origin, Outcome, Place, Session, Source, Target, Text};

/// The most spans of an export that are looked at.
const MAX_SPANS: usize = 256;

/// True for a record with an attribute of either convention.
pub(crate) fn detect(record: Value<'_>) -> bool {
    span_of(record).is_some()
}

/// A span and the resource it was exported under.
fn span_of<'a>(record: Value<'a>) -> Option<(Value<'a>, Option<Value<'a>>)> {
    let mut nested = None;
    for (key, value) in record.fields() {
        match key {
            _ if is_convention(key) => return Some((record, None)),
            "attributes" | "Attributes" | "SpanAttributes" | "span_attributes" if has_convention(value) => {
                return Some((record, None));
            }
            "resourceSpans" | "resource_spans" => nested = Some(value),
            _ => {}
        }
    }
    for resource in nested?.items().take(MAX_SPANS) {
        let scopes = resource.get("scopeSpans").or_else(|| resource.get("scope_spans"));
        for span in
            scopes.into_iter().flat_map(|s| s.items()).flat_map(|s| s.get("spans")).flat_map(|s| s.items()).take(MAX_SPANS)
        {
            if span.get("attributes").is_some_and(has_convention) {
                return Some((span, resource.get("resource")));
            }
        }
    }
    None
}

fn is_convention(key: &str) -> bool {
    (key.starts_with("gen_ai.")
        && matches!(&key[7..], "operation.name" | "agent.id" | "agent.name" | "tool.name" | "system" | "provider.name"))
        || key == "mcp.method.name"
}

fn has_convention(attributes: Value<'_>) -> bool {
    attributes.fields().any(|(key, _)| is_convention(key))
        || attributes.items().take(128).any(|item| item.get("key").and_then(|k| k.str()).is_some_and(|k| is_convention(&k)))
}

/// What the attributes say.
#[derive(Default)]
struct Attributes<'a> {
    operation: Option<Text<'a>>,
    agent_id: Option<Text<'a>>,
    agent_name: Option<Text<'a>>,
    tool: Option<Text<'a>>,
    arguments: Option<Text<'a>>,
    model: Option<Text<'a>>,
    conversation: Option<Text<'a>>,
    data_source: Option<Text<'a>>,
    method: Option<Text<'a>>,
    resource: Option<Text<'a>>,
    session: Option<Text<'a>>,
    user: Option<Text<'a>>,
    error: Option<Text<'a>>,
    service: Option<Text<'a>>,
    client: Option<Text<'a>>,
    url: Option<Text<'a>>,
    host: Option<Text<'a>>,
    account: Option<Text<'a>>,
    region: Option<Text<'a>>,
}

impl<'a> Attributes<'a> {
    fn add(&mut self, attributes: Value<'a>) {
        for (key, value) in attributes.fields() {
            self.one(key, value);
        }
        for item in attributes.items() {
            if let (Some(key), Some(value)) = (item.get("key").and_then(|k| k.str()), item.get("value")) {
                // {"stringValue":"…"}, {"intValue":"1"} …
                self.one(&key, value.fields().next().map_or(value, |(_, v)| v));
            }
        }
    }

    fn one(&mut self, key: &str, value: Value<'a>) {
        let place = match key {
            "gen_ai.operation.name" => &mut self.operation,
            "gen_ai.agent.id" => &mut self.agent_id,
            "gen_ai.agent.name" => &mut self.agent_name,
            "gen_ai.tool.name" | "mcp.tool.name" => &mut self.tool,
            "gen_ai.tool.call.arguments" => &mut self.arguments,
            "gen_ai.request.model" | "gen_ai.response.model" => &mut self.model,
            "gen_ai.conversation.id" => &mut self.conversation,
            "gen_ai.data_source.id" => &mut self.data_source,
            "mcp.method.name" => &mut self.method,
            "mcp.resource.uri" => &mut self.resource,
            "mcp.session.id" | "session.id" => &mut self.session,
            "user.id" | "enduser.id" | "user.email" => &mut self.user,
            "error.type" | "rpc.response.status_code" => &mut self.error,
            "service.name" => &mut self.service,
            "client.address" => &mut self.client,
            "url.full" => &mut self.url,
            "host.name" | "k8s.cluster.name" => &mut self.host,
            "cloud.account.id" => &mut self.account,
            "cloud.region" => &mut self.region,
            _ => return,
        };
        if place.is_none() {
            // Arguments may be an object or the text of one.
            let text =
                if value.is_object() && key == "gen_ai.tool.call.arguments" { Some(value.raw().into()) } else { value.text() };
            *place = text.map(|t| bounded(t, if key == "gen_ai.tool.call.arguments" { 16 << 10 } else { 1024 }));
        }
    }
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let (span, resource) = span_of(record)?;
    let mut s = Attributes::default();
    s.add(span);
    for holder in ["attributes", "Attributes", "SpanAttributes", "span_attributes"] {
        span.get(holder).into_iter().for_each(|v| s.add(v));
    }
    let resources = [resource, span.get("resource"), record.get("ResourceAttributes")];
    for resource in resources.into_iter().flatten() {
        s.add(resource.get("attributes").unwrap_or(resource));
    }

    let tool = s.operation.as_deref() == Some("execute_tool") || s.method.as_deref() == Some("tools/call");
    let action = match (tool, &s.tool, s.operation.as_ref().or(s.method.as_ref())) {
        (true, Some(tool), _) => ["otel_genai:execute_tool ", tool].concat(),
        (true, None, _) => "otel_genai:execute_tool".to_owned(),
        (false, _, Some(operation)) => ["otel_genai:", operation].concat(),
        (false, _, None) => String::new(),
    };
    let mut a = Activity::new(Source::OtelGenai, action);
    if tool {
        a.also.push("otel_genai:execute_tool".into());
    }
    a.time = ["startTimeUnixNano", "start_time_unix_nano", "start_time", "timestamp", "Timestamp", "time"]
        .iter()
        .find_map(|key| span.get_text(key))
        .or_else(|| hints.time.clone());
    a.event_id = ["spanId", "span_id", "SpanId"].iter().find_map(|key| span.get_text(key)).map(|id| bounded(id, 64));
    a.place = Place { account: s.account, region: s.region, host: s.host };
    a.origin = Origin { ip: s.client.and_then(address), ..Origin::default() };
    a.session = s.conversation.or(s.session).map(|name| Session { name, mfa: None });
    a.delegation = s.user.map(|user| Delegation { by: person_id(&user), human: Some(true) });
    a.identity = match (s.agent_id, s.agent_name, s.service) {
        (Some(id), name, _) => {
            // Ids change with a redeployment; names stay, and people list them.
            let names = name.iter().flat_map(|name| [Some(join("otel_genai:agent:", name)), bare(name)]);
            a.links.extend(names.flatten().map(|id| Link::Called { id }));
            Some(agent("otel_genai:agent:", id.clone(), name.unwrap_or(id)))
        }
        (None, Some(name), _) => {
            a.links.extend(bare(&name).map(|id| Link::Called { id }));
            Some(agent("otel_genai:agent:", name.clone(), name))
        }
        (None, None, Some(name)) => Some(agent("otel_genai:service:", name.clone(), name)),
        (None, None, None) => None,
    };
    if a.identity.is_none() && a.action.is_empty() {
        return None;
    }
    let status = span.get("status").and_then(|v| v.get("code").unwrap_or(v).text()).or_else(|| span.get_text("StatusCode"));
    let failed = s.error.is_some() || status.is_some_and(|c| matches!(&*c, "2" | "STATUS_CODE_ERROR" | "ERROR" | "Error"));
    a.outcome = Some(match s.error.as_deref() {
        Some(error) if refused(error) => Outcome::Denied,
        _ if failed => Outcome::Error,
        _ => Outcome::Success,
    });
    a.error_code = s.error.map(|e| bounded(e, 128));

    let named = [("mcp:", s.resource), ("data_source:", s.data_source), ("tool:", s.tool), ("model:", s.model)];
    for (prefix, name) in named.into_iter().filter_map(|(prefix, name)| Some((prefix, name?))) {
        a.targets.push(Target { name: join(prefix, &name) });
    }
    if let Some(host) = s.url.as_deref().filter(|_| tool).and_then(url_host) {
        a.destinations.push(host.to_owned().into());
    }
    if let Some(arguments) = s.arguments.as_deref().filter(|_| tool) {
        let own = a.delegation.as_ref().and_then(|d| d.by.rsplit_once('@')).map(|(_, domain)| domain.to_owned());
        arguments::destinations(arguments, own.as_deref(), &mut a.destinations);
        arguments::targets(arguments, &mut a.targets);
        let sends = |name: &str| ["send", "mail", "message"].iter().any(|word| name.contains(word));
        a.detail = match arguments::consequence(arguments) {
            None if sends(&a.action) && arguments::stays(arguments, own.as_deref()) => Some("within the domain".into()),
            done => done.map(Into::into),
        };
    }
    a.mentions.extend(s.arguments.map(|t| bounded(t, 512)));
    a.interactive = Some(false);
    Some(a)
}

fn agent<'a>(prefix: &str, id: Text<'a>, name: Text<'a>) -> Identity<'a> {
    Identity { id: join(prefix, &id), kind: Kind::AiAgent, actor: Actor::Machine, name, raw: None }
}

/// The name as people list it. Whoever names an agent must not get at another identity by it, so no name that could be an address, an
/// ARN or an id of anything else.
fn bare<'a>(name: &Text<'a>) -> Option<Text<'a>> {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_ ".contains(&b));
    (plain && !is_uuid(name)).then(|| name.clone())
}

fn refused(error: &str) -> bool {
    let error = error.to_ascii_lowercase();
    ["permission", "unauthorized", "forbidden", "denied", "401", "403"].iter().any(|word| error.contains(word))
}

#[cfg(test)]
mod tests {
    use super::detect;
    use crate::json::Tape;
    use crate::support::testing::{Row, check, decoded};
    use vires_event::Link;

    #[test]
    fn who_and_what() {
        let row = |record, id, what: [&'static str; 3]| {
            let [action, target, outcome] = what;
            Row { record, source: "otel_genai", id, kind: "ai_agent", actor: "machine", action, target, outcome }
        };
        check(&[
            row(
                r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"execute_tool read_table","kind":1,"startTimeUnixNano":"1772359200000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},{"key":"gen_ai.tool.name","value":{"stringValue":"read_table"}},{"key":"gen_ai.agent.id","value":{"stringValue":"asst_1"}},{"key":"gen_ai.agent.name","value":{"stringValue":"support-agent"}},{"key":"user.id","value":{"stringValue":"Jane@example.com"}}],"status":{}}"#,
                "otel_genai:agent:asst_1",
                ["otel_genai:execute_tool read_table", "tool:read_table", "success"],
            ),
            row(
                r#"{"timestamp":"2026-03-01T10:00:00Z","gen_ai.operation.name":"chat","gen_ai.agent.name":"support-agent","gen_ai.request.model":"model-1","error.type":"403"}"#,
                "otel_genai:agent:support-agent",
                ["otel_genai:chat", "model:model-1", "denied"],
            ),
            row(
                r#"{"span_id":"1","attributes":{"mcp.method.name":"tools/call","gen_ai.tool.name":"send_mail","mcp.session.id":"m-1","service.name":"assistant"},"status":{"code":"STATUS_CODE_ERROR"}}"#,
                "otel_genai:service:assistant",
                ["otel_genai:execute_tool send_mail", "tool:send_mail", "error"],
            ),
            row(
                r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"assistant"}}]},"scopeSpans":[{"spans":[{"spanId":"0","name":"GET","attributes":[]},{"spanId":"1","attributes":[{"key":"mcp.method.name","value":{"stringValue":"resources/read"}},{"key":"mcp.resource.uri","value":{"stringValue":"file:///etc/passwd"}}]}]}]}]}"#,
                "otel_genai:service:assistant",
                ["otel_genai:resources/read", "mcp:file:///etc/passwd", "success"],
            ),
        ]);
        decoded(
            r#"{"gen_ai.operation.name":"execute_tool","gen_ai.tool.name":"http_get","gen_ai.agent.id":"a","gen_ai.conversation.id":"c-1","user.id":"jane@example.com","url.full":"https://api.example.net/x"}"#,
            |a| {
                assert_eq!(a.delegation.as_ref().map(|d| (&*d.by, d.human)), Some(("person:jane@example.com", Some(true))));
                assert_eq!(a.session.as_ref().map(|s| &*s.name), Some("c-1"));
                assert_eq!(a.destinations, ["api.example.net"]);
            },
        );
    }

    #[test]
    fn an_agent_is_called_by_its_name_too() {
        let called = |names: &[&str]| names.iter().map(|n| Link::Called { id: (*n).to_owned().into() }).collect::<Vec<_>>();
        let span = |who: &str| format!(r#"{{"gen_ai.operation.name":"chat",{who}}}"#);
        for (who, names) in [
            (
                r#""gen_ai.agent.id":"asst_1","gen_ai.agent.name":"support-agent""#,
                &["otel_genai:agent:support-agent", "support-agent"][..],
            ),
            (r#""gen_ai.agent.id":"a","gen_ai.agent.name":"svc@example.com""#, &["otel_genai:agent:svc@example.com"]),
            (r#""gen_ai.agent.name":"4c753ed7-a96b-4967-8f72-3afd61350b1e""#, &[]),
            (r#""gen_ai.agent.name":"support-agent""#, &["support-agent"]),
            (r#""service.name":"support""#, &[]),
        ] {
            decoded(&span(who), |a| assert_eq!(a.links, called(names)));
        }
    }

    #[test]
    fn other_spans_are_left_alone() {
        let mut tape = Tape::default();
        let span = r#"{"spanId":"1","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}}]}"#;
        assert!(!detect(tape.parse(span).unwrap()));
    }
}
