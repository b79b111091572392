//! Vault's audit device: a line for the request, one for the response.

use crate::clock::{micros, seconds};
use crate::journal::{Journal, Source};
use crate::json::{Object, texts};
use crate::rng::Rng;

/// A client that has logged in.
#[derive(Clone, Copy)]
pub struct Client {
    pub display: &'static str,
    pub entity: &'static str,
    pub policies: &'static [&'static str],
    /// Metadata of the login, as JSON.
    pub metadata: &'static str,
    pub ip: &'static str,
}

/// What is asked: the operation, the kind of the mount and the path.
pub type Ask = (&'static str, &'static str, &'static str);

/// One request and its answer, with a token that was issued at `issued`.
pub fn record(j: &mut Journal, at: i64, who: Client, ask: Ask, issued: i64, rng: &mut Rng) {
    let (operation, mount, path) = ask;
    let hmac = |what: &str| format!("hmac-sha256:{}", Rng::of(&format!("{what}{}{issued}", who.entity)).hex(64));
    let auth = Object::new()
        .text("client_token", hmac("token"))
        .text("accessor", hmac("accessor"))
        .text("display_name", who.display)
        .raw("policies", texts(who.policies))
        .raw("token_policies", texts(who.policies))
        .raw("metadata", who.metadata)
        .text("entity_id", who.entity)
        .text("token_type", "service")
        .raw("token_ttl", 3600)
        .text("token_issue_time", seconds(issued))
        .end();
    let request = Object::new()
        .text("id", rng.uuid())
        .text("client_id", who.entity)
        .text("operation", operation)
        .text("mount_type", mount)
        .text("client_token", hmac("token"))
        .text("client_token_accessor", hmac("accessor"))
        .raw("namespace", r#"{"id":"root"}"#)
        .text("path", path)
        .text("remote_address", who.ip)
        .raw("remote_port", rng.between(32_768, 60_999))
        .end();
    for kind in ["request", "response"] {
        let line = Object::new().text("time", micros(at, rng)).text("type", kind).raw("auth", &auth).raw("request", &request);
        let line = match kind {
            "response" => line.raw("response", Object::new().text("mount_type", mount).end()),
            _ => line,
        };
        j.add(Source::Vault, at, line.end());
    }
}
