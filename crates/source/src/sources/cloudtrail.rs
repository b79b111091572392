//! AWS CloudTrail: management and data events, network activity events, service events and Insights.
//!
//! Member names come as AWS writes them; a shipper that lower-cased them is served by a slower second look. The action is the first
//! label of `eventSource` and `eventName` without its date (`lambda:CreateFunction`). Destinations are account ids, `s3:<bucket>`,
//! mail addresses, host names, and `public` where everybody is let in.

mod destinations;
mod guards;
mod identity;
mod links;
pub mod repeats;
mod roles;
mod targets;

use crate::Hints;
use crate::json::Value;
use crate::support::aws;
use crate::support::cloud::{bounded, part};
use memchr::memmem::Finder;
use std::net::IpAddr;
use std::sync::LazyLock;
use vires_event::{Activity, Link, Origin, Outcome, Place, Source, Text, Volume};

/// What `eventType` says.
const KINDS: [&str; 6] =
    ["AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn", "AwsConsoleAction", "AwsCloudTrailInsight", "AwsVpceEvent"];

/// True for a record with an AWS event source or event type.
pub(crate) fn detect(record: Value<'_>) -> bool {
    for (key, value) in record.fields() {
        let known = match key {
            "eventSource" | "eventsource" => |t: &str| t.ends_with(".amazonaws.com") || t.ends_with(".amazonaws.com.cn"),
            "eventType" | "eventtype" => |t: &str| KINDS.contains(&t),
            _ => continue,
        };
        if value.str().is_some_and(|t| known(&t)) {
            return true;
        }
    }
    false
}

macro_rules! members {
    ($($name:ident = $key:literal),+ $(,)?) => {
        /// The members of a record that say something to us.
        #[derive(Default, Clone, Copy)]
        struct Record<'a> { $($name: Option<Value<'a>>),+ }

        impl<'a> Record<'a> {
            /// One pass over the members.
            fn read(record: Value<'a>) -> Self {
                let mut found = Record::default();
                for (key, value) in record.fields() {
                    match key {
                        $($key => found.$name = Some(value),)+
                        _ => {}
                    }
                }
                found
            }

            /// The same for a shipper that changed the case of the names: what is missing is looked for in any case.
            fn complete(mut self, record: Value<'a>) -> Self {
                for (key, value) in record.fields() {
                    $(if self.$name.is_none() && key.eq_ignore_ascii_case($key) { self.$name = Some(value); continue; })+
                }
                self
            }
        }
    };
}

members! {
    user_identity = "userIdentity",
    event_time = "eventTime",
    event_source = "eventSource",
    event_name = "eventName",
    region = "awsRegion",
    source_ip = "sourceIPAddress",
    user_agent = "userAgent",
    error_code = "errorCode",
    error_message = "errorMessage",
    parameters = "requestParameters",
    response = "responseElements",
    additional = "additionalEventData",
    event_id = "eventID",
    read_only = "readOnly",
    resources = "resources",
    event_type = "eventType",
    account = "recipientAccountId",
    vpc_endpoint = "vpcEndpointId",
    vpc_endpoint_account = "vpcEndpointAccountId",
    from_console = "sessionCredentialFromConsole",
    insight = "insightDetails",
}

/// The longest text that may be a time, an id, a region or an error code.
const MAX_WORD: usize = 256;
/// The longest user agent that is kept.
const MAX_USER_AGENT: usize = 1024;

fn word<'a>(value: Option<Value<'a>>) -> Option<Text<'a>> {
    Some(bounded(value?.text()?, MAX_WORD))
}

/// Decodes one record. `None` if it says neither who nor what.
pub(crate) fn decode<'a>(record: Value<'a>, hints: &Hints<'a>) -> Option<Activity<'a>> {
    let mut r = Record::read(record);
    if r.event_name.is_none() || r.event_source.is_none() || r.user_identity.is_none() {
        r = r.complete(record);
    }
    let event_source = word(r.event_source);
    let event_name = word(r.event_name);
    let event_type = word(r.event_type).unwrap_or_default();
    let account = word(r.account);
    let service = event_source.as_deref().map_or("aws", aws::label);
    let operation = event_name.as_deref().map(aws::operation);

    let who = identity::read(&r, event_source.as_ref(), &event_type, account.as_deref());
    let mut a = match (operation, r.insight) {
        (Some(operation), _) => request(service, operation),
        (None, Some(insight)) => of_insight(insight),
        (None, None) => {
            who.identity.as_ref()?;
            Activity::new(Source::Cloudtrail, "")
        }
    };
    let operation = operation.unwrap_or("");

    a.time = word(r.event_time).or_else(|| hints.time.clone());
    a.event_id = word(r.event_id);
    a.error_code = word(r.error_code);
    a.outcome = Some(outcome(&r, a.error_code.as_deref(), service));
    a.origin = origin(&r);
    a.interactive = interactive(&r, &event_type, operation, a.origin.user_agent.as_deref());
    if let Some(invoked_by) = who.invoked_by {
        if who.identity.as_ref().is_some_and(|i| i.id.starts_with("aws:service:")) {
            a.interactive = Some(false);
        }
        a.origin.service = Some(invoked_by);
    }
    (a.targets, a.mentions) = targets::read(r.parameters, r.resources, service, operation);
    let own = [account.as_deref().unwrap_or(""), &who.account];
    let mut serves = None;
    if !read_only(&r, operation) {
        serves = destinations::read(&r, service, operation, own, &mut a.destinations);
    }
    if guards::opens_nothing(&r, service, operation, own[0]) {
        a.detail = Some(guards::OPENS_NOTHING.into());
    }
    a.links.extend(serves.map(|service| Link::Serves { service }));
    if a.outcome == Some(Outcome::Success) {
        links::read(&r, operation, who.identity.as_ref(), own, &mut a.links);
        roles::read(&r, service, operation, own, &mut a.links);
    }
    a.place = Place {
        account: account.or_else(|| Some(who.account.clone()).filter(|t| !t.is_empty())),
        region: word(r.region),
        host: None,
    };
    a.volume = Volume { count: None, bytes_out: r.additional.and_then(|d| whole(d.get("bytesTransferredOut")?)) };
    a.credential = who.credential;
    a.session = who.session;
    a.delegation = who.delegation;
    a.identity = who.identity;
    Some(a)
}

/// A request, by the names under which the catalogue may know it.
fn request<'a>(service: &str, operation: &str) -> Activity<'a> {
    let mut a = Activity::new(Source::Cloudtrail, [service, ":", operation].concat());
    a.also.extend(alias(service, operation).map(|name| [service, ":", name].concat().into()));
    a
}

/// An Insight tells of a burst of calls: the call it is about is what the catalogue may know.
fn of_insight<'a>(insight: Value<'a>) -> Activity<'a> {
    let mut a = Activity::new(
        Source::Cloudtrail,
        ["cloudtrail:", insight.get_text("insightType").as_deref().unwrap_or("Insight")].concat(),
    );
    if let (Some(source), Some(name)) = (insight.get_text("eventSource"), insight.get_text("eventName")) {
        a.also.push([aws::label(&source), ":", aws::operation(&name)].concat().into());
    }
    a.mentions.extend(insight.leaves().filter(|(key, _)| *key == "value").filter_map(|(_, v)| v.text()).take(8));
    a
}

/// A number of bytes, which some services write with a fraction.
fn whole(value: Value<'_>) -> Option<u64> {
    let text = value.text()?;
    text.split('.').next()?.parse().ok()
}

/// Names that the log and the API or IAM spell differently.
fn alias(service: &str, operation: &str) -> Option<&'static str> {
    Some(match (service, operation) {
        ("lambda", "Invoke") => "InvokeFunction",
        ("s3", "GetBucketPublicAccessBlock") => "GetPublicAccessBlock",
        ("s3", "PutBucketPublicAccessBlock") => "PutPublicAccessBlock",
        ("s3", "DeleteBucketPublicAccessBlock") => "DeletePublicAccessBlock",
        ("s3", "GetBucketObjectLockConfiguration") => "GetObjectLockConfiguration",
        ("s3", "PutBucketObjectLockConfiguration") => "PutObjectLockConfiguration",
        _ => return None,
    })
}

fn outcome(r: &Record<'_>, error_code: Option<&str>, service: &str) -> Outcome {
    let failed_login = || {
        let login = r.response.and_then(|e| e.get("ConsoleLogin")).and_then(|v| v.str());
        login.is_some_and(|s| s == "Failure") || (service == "signin" && r.error_message.and_then(|m| m.text()).is_some())
    };
    match error_code {
        Some(code) if aws::denied(code) => Outcome::Denied,
        Some(_) if failed_login() => Outcome::Denied,
        Some(_) => Outcome::Error,
        None if failed_login() => Outcome::Denied,
        None => Outcome::Success,
    }
}

fn origin<'a>(r: &Record<'a>) -> Origin<'a> {
    // An endpoint of the caller's own account is a door of its own network, which has one for each service: the address tells which
    // network it is. Those of other accounts, and where the record does not say whose it is, are known by their number.
    let owner = r.vpc_endpoint_account.and_then(|v| v.str());
    let caller = || r.user_identity.and_then(|who| who.get_text("accountId"));
    let own = owner.is_some() && owner == caller();
    let mut origin = Origin { network: word(r.vpc_endpoint).filter(|_| !own), ..Origin::default() };
    if let Some(from) = word(r.source_ip) {
        // Services call from "AWS Internal" or under their own name.
        let address = from.parse::<IpAddr>().is_ok();
        *(if address { &mut origin.ip } else { &mut origin.service }) = Some(from);
    }
    origin.user_agent = r.user_agent.and_then(|v| v.text()).and_then(|agent| {
        // S3 wraps the agent in square brackets.
        part(&bounded(agent, MAX_USER_AGENT), |t| Some(t.strip_prefix('[').map_or(t, |t| t.strip_suffix(']').unwrap_or(t))))
    });
    origin
}

fn interactive(r: &Record<'_>, event_type: &str, operation: &str, user_agent: Option<&str>) -> Option<bool> {
    if r.from_console.and_then(|v| v.bool()) == Some(true)
        || matches!(event_type, "AwsConsoleSignIn" | "AwsConsoleAction")
        || matches!(operation, "ConsoleLogin" | "SwitchRole" | "ExitRole")
    {
        return Some(true);
    }
    let agent = user_agent?;
    (agent.starts_with("Mozilla/") || is_console(agent)).then_some(true)
}

/// True for the agents of the web console and of its shell.
fn is_console(agent: &str) -> bool {
    // Nearly no agent holds these two: the exact names are looked for only then.
    static CONSOLE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("onsole"));
    static SHELL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("CloudShell"));
    let console = || {
        ["console.amazonaws.com", "console.aws.amazon.com", "console.ec2.amazonaws.com", "S3Console/"]
            .iter()
            .any(|c| agent.contains(c))
    };
    agent.starts_with("signin.amazonaws.com")
        || (CONSOLE.find(agent.as_bytes()).is_some() && console())
        || SHELL.find(agent.as_bytes()).is_some()
}

fn read_only(r: &Record<'_>, operation: &str) -> bool {
    const READS: [&str; 7] = ["Describe", "List", "Get", "Head", "BatchGet", "Lookup", "Search"];
    r.read_only.and_then(|v| v.bool()).unwrap_or_else(|| READS.iter().any(|p| operation.starts_with(p)))
}

#[cfg(test)]
mod tests;
