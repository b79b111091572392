use super::{Request, quoted, seconds};
use crate::generate::archetype::Principal;
use crate::generate::member::Member;
use std::fmt::Write;

/// `userIdentity` of a member.
pub(in crate::generate) fn user_identity(member: &Member, opened: &str) -> String {
    let (account, name) = (&member.account, &member.name);
    if member.archetype.principal == Principal::User {
        return format!(
            r#"{{"type":"IAMUser","principalId":"AIDAEXAMPLE{number:010}","arn":"arn:aws:iam::{account}:user/{name}","accountId":"{account}","accessKeyId":"{key}","userName":"{name}"}}"#,
            number = member.number,
            key = member.key(),
        );
    }
    let session = format!("i-0{:016x}", 0x00a1_b2c3_d4e5_f600_u64.wrapping_add(member.number));
    format!(
        r#"{{"type":"AssumedRole","principalId":"AROAEXAMPLE{number:09}:{session}","arn":"arn:aws:sts::{account}:assumed-role/{name}/{session}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{number:09}","arn":"arn:aws:iam::{account}:role/{name}","accountId":"{account}","userName":"{name}"}},"attributes":{{"creationDate":"{opened}","mfaAuthenticated":"false"}}}}}}"#,
        number = member.number,
        key = member.key(),
    )
}

pub(super) fn write(r: &Request<'_>, out: &mut String) {
    let (service, operation) = r.habit.behaviour.call.split_once(':').unwrap_or(("ec2", &r.habit.behaviour.call));
    let read = ["Get", "List", "Describe", "Head", "Query", "Scan", "Batch"].iter().any(|p| operation.starts_with(p));
    let at = seconds(r.at);
    // Sessions last some hours.
    let opened = seconds(r.at - r.at.rem_euclid(4 * 3_600_000));
    let _ = write!(
        out,
        r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventTime":"{at}","eventSource":"{service}.amazonaws.com","eventName":"{operation}","awsRegion":"{region}","sourceIPAddress":"{ip}","userAgent":"#,
        identity = user_identity(r.member, &opened),
        region = r.region,
        ip = r.ip,
    );
    quoted(r.ua, out);
    match (r.denied, service) {
        (false, _) => {}
        (true, "ec2") => out.push_str(
            r#","errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation.""#,
        ),
        (true, _) => out.push_str(r#","errorCode":"AccessDenied","errorMessage":"not authorized""#),
    }
    out.push_str(r#","requestParameters":"#);
    if r.habit.behaviour.params.is_empty() {
        out.push_str("null");
    } else {
        for (n, key) in r.habit.behaviour.params.keys().enumerate() {
            out.push(if n == 0 { '{' } else { ',' });
            quoted(key, out);
            out.push(':');
            quoted(&r.param(key).unwrap_or_default(), out);
        }
        out.push('}');
    }
    let _ = write!(
        out,
        r#","responseElements":null,"requestID":"{other}","eventID":"{id}","readOnly":{read},"eventType":"AwsApiCall","managementEvent":{management},"recipientAccountId":"{account}","eventCategory":"{category}","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#,
        other = r.other,
        id = r.id,
        account = r.member.account,
        management = !is_data(service, operation),
        category = if is_data(service, operation) { "Data" } else { "Management" },
        region = r.region,
    );
}

fn is_data(service: &str, operation: &str) -> bool {
    match service {
        "s3" => operation.ends_with("Object"),
        "dynamodb" => !operation.starts_with("Describe") && !operation.starts_with("List"),
        _ => false,
    }
}
