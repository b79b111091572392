//! Spans of AI agents under the OpenTelemetry GenAI and MCP conventions.

use crate::journal::{Journal, Source};
use crate::json::Object;
use crate::rng::Rng;

/// A conversation of an agent with the person it works for.
pub struct Conversation {
    agent: &'static str,
    name: &'static str,
    person: &'static str,
    id: String,
    trace: String,
    root: String,
    /// When the next step begins.
    pub at: i64,
}

impl Conversation {
    pub fn start(
        j: &mut Journal,
        at: i64,
        agent: &'static str,
        name: &'static str,
        person: &'static str,
        rng: &mut Rng,
    ) -> Self {
        let (id, trace) = (format!("conv_{}", rng.hex(16)), rng.hex(32));
        let mut talk = Conversation { agent, name, person, id, trace, root: String::new(), at };
        let what = format!("invoke_agent {name}");
        talk.root = talk.step(j, &what, &[("gen_ai.operation.name", "invoke_agent"), ("gen_ai.provider.name", "example")], rng);
        talk
    }

    /// The model thinks.
    pub fn chat(&mut self, j: &mut Journal, rng: &mut Rng) {
        let attributes = [("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "vendor-large")];
        self.step(j, "chat vendor-large", &attributes, rng);
    }

    /// A tool is called, with its arguments as JSON and the address it reached, if it reached one.
    pub fn tool(&mut self, j: &mut Journal, tool: &str, arguments: &str, url: &str, rng: &mut Rng) {
        let call = format!("call_{}", rng.hex(12));
        let mut attributes = vec![
            ("gen_ai.operation.name", "execute_tool"),
            ("gen_ai.tool.name", tool),
            ("gen_ai.tool.call.id", call.as_str()),
            ("gen_ai.tool.call.arguments", arguments),
        ];
        if !url.is_empty() {
            attributes.push(("url.full", url));
        }
        self.step(j, &format!("execute_tool {tool}"), &attributes, rng);
    }

    /// A resource of an MCP server is read.
    pub fn read(&mut self, j: &mut Journal, uri: &str, rng: &mut Rng) {
        self.step(j, "resources/read", &[("mcp.method.name", "resources/read"), ("mcp.resource.uri", uri)], rng);
    }

    fn step(&mut self, j: &mut Journal, name: &str, attributes: &[(&str, &str)], rng: &mut Rng) -> String {
        let span = rng.hex(16);
        let lasts = rng.between(120, 2400);
        let all = attributes.iter().copied().chain([
            ("gen_ai.agent.id", self.agent),
            ("gen_ai.agent.name", self.name),
            ("gen_ai.conversation.id", self.id.as_str()),
            ("user.id", self.person),
        ]);
        let all = all.map(|(key, value)| {
            Object::new().text("key", key).raw("value", Object::new().text("stringValue", value).end()).end()
        });
        let all = all.collect::<Vec<_>>().join(",");
        let mut o = Object::new().text("traceId", &self.trace).text("spanId", &span);
        if !self.root.is_empty() {
            o = o.text("parentSpanId", &self.root);
        }
        let line = o
            .text("name", name)
            .raw("kind", 1)
            .text("startTimeUnixNano", format!("{}000000", self.at))
            .text("endTimeUnixNano", format!("{}000000", self.at + lasts))
            .raw("attributes", format!("[{all}]"))
            .raw("status", "{}");
        j.add(Source::OtelGenai, self.at, line.end());
        self.at += lasts + rng.between(300, 4000);
        span
    }
}
