//! AWS CloudTrail records, version 1.11.

use crate::clock::seconds;
use crate::journal::{Journal, Source};
use crate::json::{Object, texts};
use crate::rng::Rng;

/// The production account.
pub const ACCOUNT: &str = "123456789012";
const ISSUER: &str = "token.actions.githubusercontent.com";

/// Who calls.
#[derive(Clone)]
pub enum Who {
    User {
        name: String,
        key: String,
    },
    Role {
        name: String,
        path: String,
        session: String,
        key: String,
        issued: i64,
        oidc: bool,
    },
    /// A token of GitHub Actions, before a role is assumed with it.
    Federated {
        subject: String,
    },
}

/// A caller where it stands.
#[derive(Clone)]
pub struct Caller {
    pub who: Who,
    pub ip: String,
    pub agent: String,
    pub region: String,
}

impl Caller {
    pub fn user(name: &str, key: &str, ip: &str, agent: &str) -> Self {
        let who = Who::User { name: name.into(), key: key.into() };
        Caller { who, ip: ip.into(), agent: agent.into(), region: "eu-west-1".into() }
    }

    /// A role's session that began at `issued`.
    pub fn role(path: &str, session: &str, issued: i64, ip: &str, agent: &str, rng: &mut Rng) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let key = format!("ASIAEXAMPLE{}", rng.text(9, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
        let who = Who::Role { name, path: path.into(), session: session.into(), key, issued, oidc: false };
        Caller { who, ip: ip.into(), agent: agent.into(), region: "eu-west-1".into() }
    }

    pub fn at(&self, ip: &str, region: &str) -> Self {
        Caller { ip: ip.into(), region: region.into(), ..self.clone() }
    }

    pub fn with_agent(&self, agent: &str) -> Self {
        Caller { agent: agent.into(), ..self.clone() }
    }

    fn identity(&self) -> String {
        match &self.who {
            Who::User { name, key } => Object::new()
                .text("type", "IAMUser")
                .text("principalId", unique("AIDA", name))
                .text("arn", format!("arn:aws:iam::{ACCOUNT}:user/{name}"))
                .text("accountId", ACCOUNT)
                .text("accessKeyId", key)
                .text("userName", name)
                .end(),
            Who::Role { name, path, session, key, issued, oidc } => {
                let issuer = Object::new()
                    .text("type", "Role")
                    .text("principalId", unique("AROA", name))
                    .text("arn", format!("arn:aws:iam::{ACCOUNT}:role/{path}"))
                    .text("accountId", ACCOUNT)
                    .text("userName", name);
                let attributes = Object::new().text("creationDate", seconds(*issued)).text("mfaAuthenticated", "false");
                let mut context = Object::new().raw("sessionIssuer", issuer.end()).raw("attributes", attributes.end());
                if *oidc {
                    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
                    let federation = Object::new().text("federatedProvider", provider).raw("attributes", "{}");
                    context = context.raw("webIdFederationData", federation.end());
                }
                Object::new()
                    .text("type", "AssumedRole")
                    .text("principalId", format!("{}:{session}", unique("AROA", name)))
                    .text("arn", format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"))
                    .text("accountId", ACCOUNT)
                    .text("accessKeyId", key)
                    .raw("sessionContext", context.end())
                    .end()
            }
            Who::Federated { subject } => {
                let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}");
                Object::new()
                    .text("type", "WebIdentityUser")
                    .text("principalId", format!("{provider}:sts.amazonaws.com:{subject}"))
                    .text("userName", subject)
                    .text("identityProvider", provider)
                    .end()
            }
        }
    }
}

/// The unique id that AWS gives to a user or role.
fn unique(prefix: &str, name: &str) -> String {
    let letters = name.to_ascii_uppercase().chars().filter(char::is_ascii_alphabetic).take(10).collect::<String>();
    format!("{prefix}EXAMPLE{letters:X<10}")
}

/// What is called.
pub struct Call {
    service: &'static str,
    name: &'static str,
    read: bool,
    data: bool,
    params: String,
    response: String,
    error: Option<String>,
    resources: Vec<(&'static str, String)>,
    bytes_out: Option<u64>,
}

impl Call {
    /// A management event. `params` is JSON.
    pub fn new(service: &'static str, name: &'static str, params: impl Into<String>) -> Self {
        let read = ["Get", "List", "Describe", "Lookup", "Query", "Scan", "BatchGet"].iter().any(|verb| name.starts_with(verb));
        let (params, response) = (params.into(), "null".into());
        Call { service, name, read, data: false, params, response, error: None, resources: Vec::new(), bytes_out: None }
    }

    /// What the service answered, as JSON.
    pub fn response(mut self, response: impl Into<String>) -> Self {
        self.response = response.into();
        self
    }

    /// The call was refused.
    pub fn denied(mut self) -> Self {
        self.error = Some("AccessDenied".into());
        self
    }

    fn data(mut self, kind: &'static str, arn: String) -> Self {
        self.data = true;
        self.resources.push((kind, arn));
        self
    }
}

pub fn whoami() -> Call {
    Call::new("sts", "GetCallerIdentity", "null")
}

/// A request about an object of S3.
pub fn object(name: &'static str, bucket: &str, key: &str, bytes: u64) -> Call {
    let host = format!("{bucket}.s3.eu-west-1.amazonaws.com");
    let params = Object::new().text("bucketName", bucket).text("Host", host).text("key", key).end();
    let mut call = Call::new("s3", name, params).data("AWS::S3::Object", format!("arn:aws:s3:::{bucket}/{key}"));
    call.bytes_out = (name == "GetObject").then_some(bytes);
    call
}

/// The list of a bucket's objects.
pub fn listing(bucket: &str, prefix: &str) -> Call {
    let host = format!("{bucket}.s3.eu-west-1.amazonaws.com");
    let params = Object::new().text("list-type", "2").text("bucketName", bucket).text("Host", host).text("prefix", prefix);
    Call::new("s3", "ListObjects", params.end()).data("AWS::S3::Object", format!("arn:aws:s3:::{bucket}/{prefix}"))
}

/// A request to a table of DynamoDB.
pub fn table(name: &'static str, table: &str, region: &str) -> Call {
    let params = Object::new().text("tableName", table);
    let params = match name {
        "GetItem" => params.raw("key", r#"{"id":"***"}"#),
        "PutItem" => params.raw("item", r#"{"id":"***"}"#),
        _ => params,
    };
    Call::new("dynamodb", name, params.end())
        .data("AWS::DynamoDB::Table", format!("arn:aws:dynamodb:{region}:{ACCOUNT}:table/{table}"))
}

pub fn secret(name: &'static str, secret: &str, region: &str) -> Call {
    let arn = format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{secret}-AbCdEf");
    Call::new("secretsmanager", name, Object::new().text("secretId", arn).end())
}

pub fn decrypt(key: &str, context: &str, region: &str) -> Call {
    let context = Object::new().text("aws:dynamodb:tableName", context).end();
    let params = Object::new().raw("encryptionContext", context).text("encryptionAlgorithm", "SYMMETRIC_DEFAULT").end();
    let mut call = Call::new("kms", "Decrypt", params);
    call.read = true;
    call.resources.push(("AWS::KMS::Key", format!("arn:aws:kms:{region}:{ACCOUNT}:key/{key}")));
    call
}

/// A runner of GitHub Actions takes on a role with its token, and acts as it from then on.
pub fn assume_with_oidc(j: &mut Journal, at: i64, subject: &str, caller: &Caller, rng: &mut Rng) -> Caller {
    let mut session = caller.clone();
    if let Who::Role { name, path, session: label, key, issued, oidc } = &mut session.who {
        (*issued, *oidc) = (at, true);
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{path}");
        let params = Object::new().text("roleArn", &arn).text("roleSessionName", &*label).raw("durationSeconds", 3600).end();
        let credentials = Object::new()
            .text("accessKeyId", &*key)
            .text("sessionToken", "HIDDEN_DUE_TO_SECURITY_REASONS")
            .text("expiration", seconds(at + 3_600_000));
        let assumed = Object::new()
            .text("assumedRoleId", format!("{}:{label}", unique("AROA", name)))
            .text("arn", format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{label}"));
        let response = Object::new()
            .raw("credentials", credentials.end())
            .text("subjectFromWebIdentityToken", subject)
            .raw("assumedRoleUser", assumed.end())
            .text("provider", format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"))
            .text("audience", "sts.amazonaws.com");
        let mut call = Call::new("sts", "AssumeRoleWithWebIdentity", params).response(response.end());
        call.read = true;
        call.resources.push(("AWS::IAM::Role", arn));
        let federated = Caller { who: Who::Federated { subject: subject.into() }, ..caller.clone() };
        record(j, at, &federated.with_agent("aws-credentials-for-github-actions aws-sdk-js/3.758.0"), call, rng);
    }
    session
}

/// Writes one record.
pub fn record(j: &mut Journal, at: i64, caller: &Caller, call: Call, rng: &mut Rng) {
    // IAM and STS of the old kind are served from the first region.
    let region = if matches!(call.service, "iam") { "us-east-1" } else { caller.region.as_str() };
    let mut o = Object::new()
        .text("eventVersion", "1.11")
        .raw("userIdentity", caller.identity())
        .text("eventTime", seconds(at))
        .text("eventSource", format!("{}.amazonaws.com", call.service))
        .text("eventName", call.name)
        .text("awsRegion", region)
        .text("sourceIPAddress", &caller.ip)
        .text("userAgent", &caller.agent);
    if let Some(code) = &call.error {
        let who = match &caller.who {
            Who::User { name, .. } => format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
            Who::Role { name, session, .. } => format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"),
            Who::Federated { subject } => subject.clone(),
        };
        let action = format!("{}:{}", call.service, call.name);
        let message = format!(
            "User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} action"
        );
        o = o.text("errorCode", code).text("errorMessage", message);
    }
    o = o
        .raw("requestParameters", &call.params)
        .raw("responseElements", &call.response)
        .text("requestID", rng.uuid())
        .text("eventID", rng.uuid())
        .raw("readOnly", call.read);
    if !call.resources.is_empty() {
        let items = call.resources.iter().map(|(kind, arn)| {
            let owner = arn.split(':').nth(4).filter(|a| !a.is_empty()).unwrap_or(ACCOUNT);
            Object::new().text("accountId", owner).text("type", kind).text("ARN", arn).end()
        });
        o = o.raw("resources", format!("[{}]", items.collect::<Vec<_>>().join(",")));
    }
    o = o
        .text("eventType", "AwsApiCall")
        .raw("managementEvent", !call.data)
        .text("recipientAccountId", ACCOUNT)
        .text("eventCategory", if call.data { "Data" } else { "Management" });
    if let Some(bytes) = call.bytes_out {
        let more = Object::new()
            .text("SignatureVersion", "SigV4")
            .raw("bytesTransferredIn", 0)
            .text("AuthenticationMethod", "AuthHeader")
            .raw("bytesTransferredOut", bytes);
        o = o.raw("additionalEventData", more.end());
    }
    j.add(Source::Cloudtrail, at, o.end());
}

/// `{"a":"b"}` for the parameters of simple requests.
pub fn params(members: &[(&str, &str)]) -> String {
    members.iter().fold(Object::new(), |o, (key, value)| o.text(key, value)).end()
}

/// Parameters with one list of names.
pub fn names(key: &str, items: &[&str]) -> String {
    Object::new().raw(key, texts(items)).end()
}
