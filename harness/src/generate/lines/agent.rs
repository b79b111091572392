//! Spans of AI agents under the OpenTelemetry GenAI and MCP conventions. `call` is `execute_tool NAME`, `tools/call NAME`,
//! `resources/read`, `chat` or `invoke_agent`; parameters `arguments`, `uri`, `model`, `user`, `url`.

use super::{Request, json, quoted};
use std::fmt::Write;

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let (operation, tool) =
        r.habit.behaviour.call.split_once(' ').map_or((r.habit.behaviour.call.as_str(), None), |(o, t)| (o, Some(t)));
    let model = r.word("model").unwrap_or("vendor-large");
    let mut attributes = String::with_capacity(600);
    let mut add = |key: &str, value: &str| {
        let _ = write!(attributes, r#"{{"key":"{key}","value":{{"stringValue":"#);
        quoted(value, &mut attributes);
        attributes.push_str("}},");
    };
    // What an MCP server writes also says who called it.
    let served = operation.contains('/');
    add(if served { "mcp.method.name" } else { "gen_ai.operation.name" }, operation);
    if let Some(tool) = tool {
        add("gen_ai.tool.name", tool);
    }
    for (param, key) in [("arguments", "gen_ai.tool.call.arguments"), ("uri", "mcp.resource.uri"), ("url", "url.full")] {
        if let Some(value) = r.param(param) {
            add(key, &value);
        }
    }
    if operation == "chat" {
        add("gen_ai.request.model", model);
    }
    if served {
        add("mcp.session.id", &format!("mcp-{}", r.other.get(..8).unwrap_or_default()));
        add("client.address", r.ip);
    }
    add("gen_ai.agent.id", &r.member.app());
    add("gen_ai.agent.name", &r.member.name);
    add("gen_ai.conversation.id", &format!("conv_{}", r.other.get(..8).unwrap_or_default()));
    if let Some(user) = r.param("user") {
        add("user.id", &user);
    }
    if r.denied {
        add("error.type", "permission_denied");
    }
    add("service.name", &r.member.name);
    add("cloud.region", r.region);
    attributes.pop();
    let name = match tool {
        Some(tool) => format!("{operation} {tool}"),
        None if operation == "chat" => format!("chat {model}"),
        None => operation.to_string(),
    };
    let took = 20 + r.number(3000) as i64;
    let hex = |text: &str, n: usize| text.chars().filter(|c| *c != '-').take(n).collect::<String>();
    let _ = write!(
        out,
        r#"{{"traceId":"{trace}","spanId":"{id}","parentSpanId":"{parent}","name":{name},"kind":{kind},"startTimeUnixNano":"{start}000000","endTimeUnixNano":"{end}000000","attributes":[{attributes}],"status":{status}}}"#,
        trace = hex(r.other, 32),
        id = r.id,
        parent = hex(r.other.get(18..).unwrap_or_default(), 16),
        name = json(&name),
        kind = if served { 2 } else { 1 },
        start = r.at,
        end = r.at + took,
        status = if r.denied { r#"{"code":2,"message":"permission denied"}"# } else { "{}" },
    );
}
