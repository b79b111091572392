#!/usr/bin/env bash
# Instructions a line on the hot paths of the classifier, counted by callgrind and compared with instructions.tsv. Unlike a clock,
# the count is the same on a busy machine; a regression beyond 5 % fails.
#
#   benches/instructions.sh            compare
#   benches/instructions.sh --update   write what was counted to instructions.tsv
#   benches/instructions.sh --profile CASE   leave callgrind's profile of one case in the target folder, for callgrind_annotate
set -euo pipefail
cd "$(dirname "$0")/.."
table=benches/instructions.tsv
limit=5
work="${CARGO_TARGET_DIR:-$PWD/target}/instructions"

if ! command -v valgrind >/dev/null; then
    echo "SKIPPED: valgrind is not installed, so no instructions are counted (apt-get install valgrind)" >&2
    exit 0
fi
# Counted without link-time optimisation, which takes minutes: a regression shows either way.
profile=ci
if [ "${1:-}" = "--profile" ]; then profile=profiling; fi
# The harness is named for its features alone: what was built for the scenario library is then not built anew.
cargo build --profile "$profile" --locked --quiet -p vires-harness -p vires-tag -p vires-pipeline --example lines --example judged
lines="${CARGO_TARGET_DIR:-$PWD/target}/$profile/examples/lines"
judged="${CARGO_TARGET_DIR:-$PWD/target}/$profile/examples/judged"
mkdir -p "$work"

# Lines of CloudTrail as a fleet writes them: 64 sessions that repeat, parameters and ids that do not.
cloudtrail() {
    awk -v lines="$1" -v sensitive="$2" 'BEGIN {
        split("GetObject PutObject DescribeInstances ListRoles GetMetricData DescribeAlarms", calm, " ")
        split("GetSecretValue UpdateFunctionCode20150331v2 CreateAccessKey PutBucketPolicy", grave, " ")
        for (n = 0; n < lines; n++) {
            seed = (seed * 1103515245 + 12345) % 2147483648
            s = int(seed / 65536) % 64
            name = (n * 37 % 100 < sensitive) ? grave[1 + n % 4] : calm[1 + n % 6]
            printf "{\"eventVersion\":\"1.09\",\"userIdentity\":{\"type\":\"AssumedRole\",\"principalId\":\"AROAEXAMPLE%02dROLE:i-000a1b2c3d4e5f6%02d\",\"arn\":\"arn:aws:sts::123456789012:assumed-role/worker-%02d/i-000a1b2c3d4e5f6%02d\",\"accountId\":\"123456789012\",\"accessKeyId\":\"ASIAIOSFODNN7EXAMP%02d\",\"sessionContext\":{\"sessionIssuer\":{\"type\":\"Role\",\"principalId\":\"AROAEXAMPLE%02dROLE\",\"arn\":\"arn:aws:iam::123456789012:role/worker-%02d\",\"accountId\":\"123456789012\",\"userName\":\"worker-%02d\"},\"attributes\":{\"creationDate\":\"2026-11-23T12:00:00Z\",\"mfaAuthenticated\":\"false\"},\"ec2RoleDelivery\":\"2.0\"}},", s, s, s, s, s, s, s, s
            printf "\"eventTime\":\"2026-11-01T%02d:%02d:%02dZ\",\"eventSource\":\"%s.amazonaws.com\",\"eventName\":\"%s\",\"awsRegion\":\"eu-central-1\",\"sourceIPAddress\":\"198.51.100.%d\",\"userAgent\":\"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#arm64 api/s3#1.58.0\",", n / 3600 % 24, n / 60 % 60, n % 60, (name ~ /Secret/) ? "secretsmanager" : (name ~ /Function/) ? "lambda" : (name ~ /Role|Key/) ? "iam" : (name ~ /Instances/) ? "ec2" : (name ~ /Metric|Alarm/) ? "monitoring" : "s3", name, s
            printf "\"requestParameters\":{\"bucketName\":\"worker-%d\",\"key\":\"part/%d\",\"maxResults\":%d,\"filterSet\":{\"items\":[{\"name\":\"tag:a\",\"valueSet\":{\"items\":[{\"value\":\"v-%d\"}]}},{\"name\":\"tag:b\",\"valueSet\":{\"items\":[{\"value\":\"v-%d\"}]}}]}},\"responseElements\":null,\"requestID\":\"%08x-8a17-4eff-9fe0-%012x\",\"eventID\":\"%08x-6013-4ab1-a71b-%012x\",\"readOnly\":false,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\"recipientAccountId\":\"123456789012\",\"eventCategory\":\"Management\",\"tlsDetails\":{\"tlsVersion\":\"TLSv1.3\",\"cipherSuite\":\"TLS_AES_128_GCM_SHA256\",\"clientProvidedHostHeader\":\"s3.eu-central-1.amazonaws.com\"}}\n", n, n * 7, n % 100, seed, seed + n, seed, n * 31, seed + 1, n * 17
        }
    }'
}

syslog() {
    awk -v lines="$1" 'BEGIN { for (n = 0; n < lines; n++) printf "Nov 23 18:%02d:%02d web%d kernel: [%d.%06d] eth0: link becomes ready, queue %d of 64, budget 300 frames\n", n / 60 % 60, n % 60, n % 9, n, n * 13 % 1000000, n % 64 }'
}

# What credentials begin with, and none of them.
near_miss() { cloudtrail "$1" 3 | sed 's|"key":"|&AIza!AKIA!npm_!gho_!xoxb-!hvs.!dapi!0Q~!sk_live_!glpat-!SG.!ghp_!AKIA!AIza!dapi!0Q~!npm_!hvs.!|'; }

# What else a cloud logs, and its hosts.
mixed() {
    awk -v lines="$1" 'BEGIN { for (n = 0; n < lines; n++) {
        if (n % 3 == 0) printf "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"Metadata\",\"auditID\":\"%016x\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/api/v1/namespaces/ns-%d/secrets/api\",\"verb\":\"get\",\"user\":{\"username\":\"system:serviceaccount:ns-%d:api\",\"groups\":[\"system:authenticated\"]},\"sourceIPs\":[\"192.0.2.%d\"],\"userAgent\":\"client/1.4 (linux/amd64)\",\"objectRef\":{\"resource\":\"secrets\",\"namespace\":\"ns-%d\",\"name\":\"api\",\"apiVersion\":\"v1\"},\"responseStatus\":{\"code\":200},\"requestReceivedTimestamp\":\"2026-11-23T00:%02d:%02d.000000Z\",\"stageTimestamp\":\"2026-11-23T00:%02d:%02d.010000Z\"}\n", n * 7919, n % 16, n % 16, n % 250, n % 16, n / 60 % 60, n % 60, n / 60 % 60, n % 60
        else if (n % 3 == 1) printf "{\"@timestamp\":17676%08d,\"_document_id\":\"%012x\",\"action\":\"git.clone\",\"actor\":\"dev-%d\",\"actor_id\":%d,\"business\":\"example\",\"created_at\":17676%08d,\"org\":\"example-org\",\"org_id\":424242,\"actor_ip\":\"192.0.2.%d\",\"repo\":\"example-org/app-%d\"}\n", n, n * 31, n % 16, n % 16, n, n % 250, n % 8
        else printf "Nov 23 18:%02d:%02d web%d sudo[%d]:   deploy : TTY=unknown ; PWD=/srv/app ; USER=root ; COMMAND=/usr/bin/systemctl restart app-%d\n", n / 60 % 60, n % 60, n % 9, n, n % 16
    } }'
}

envelope() { sed 's/\\/\\\\/g; s/"/\\"/g; s|.*|{"file":"/var/log/audit.log","host":"web1","message":"&","source_type":"file"}|'; }

samples() { find datasets/logs -name '*.ndjson' -o -name '*.log' | LC_ALL=C sort | xargs cat; }

# The lines of a case: so many, or that many times all.
input() {
    case "$1" in
    cloudtrail_all | learn | judge) cloudtrail "$2" 100 ;;
    cloudtrail_few | cloudtrail_sensitive) cloudtrail "$2" 3 ;;
    cloudtrail_enveloped) cloudtrail "$2" 100 | envelope ;;
    near_miss) near_miss "$2" ;;
    syslog) syslog "$2" ;;
    mixed) mixed "$2" ;;
    samples) for ((i = 0; i < $2 / 1000; i++)); do samples; done ;;
    esac
}

count() { # case lines: instructions, lines
    local here="$work/$1.$2"
    input "$1" "$2" >"$here.in"
    local program=("$lines" "${1#cloudtrail_}")
    case "$1" in
    learn) program=("$judged" learn) ;;
    judge) program=("$judged" judge "$work/baseline.json") ;;
    esac
    valgrind --tool=callgrind --callgrind-out-file="$work/$1.callgrind" "${program[@]}" <"$here.in" 2>"$here.log" >/dev/null
    echo "$(sed -n 's/.*Collected : //p' "$here.log") $(wc -l <"$here.in")"
    rm "$here.in"
}

# What the case `judge` knows: by what the longest of all inputs teaches.
cloudtrail 8000 100 | "$judged" learn >"$work/baseline.json"

if [ "${1:-}" = "--profile" ]; then
    count "$2" 8000
    echo "$work/$2.callgrind"
    exit 0
fi

# Starting up and meeting everything for the first time is in both.
counts() { # case: both counts, one after the other
    count "$1" 2000 >"$work/$1.less"
    count "$1" 6000 >"$work/$1.more"
}

cases=(cloudtrail_all cloudtrail_few cloudtrail_sensitive cloudtrail_enveloped near_miss syslog mixed samples learn judge)
rm -f "$work"/*.less "$work"/*.more
# Callgrind runs on one core: as many cases at once as there are, the longest first. One that fails leaves no count.
for case in learn samples judge near_miss "${cases[@]}"; do
    if [ -e "$work/$case.less" ]; then continue; fi
    while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n || exit 1; done
    : >"$work/$case.less"
    counts "$case" &
done
for job in $(jobs -p); do wait "$job"; done

failed=0
printf 'case\tinstructions_per_line\n' >"$work/new.tsv"
for case in "${cases[@]}"; do
    read -r less fewer <"$work/$case.less"
    read -r more all <"$work/$case.more"
    now=$(((more - less) / (all - fewer)))
    printf '%s\t%d\n' "$case" "$now" >>"$work/new.tsv"
    was=$(awk -F'\t' -v c="$case" '$1 == c { print $2 }' "$table" 2>/dev/null || true)
    if [ -z "$was" ]; then
        echo "$case: $now instructions a line, none recorded" >&2
    else
        change=$(awk -v n="$now" -v w="$was" 'BEGIN { printf "%+.1f", (n - w) * 100 / w }')
        echo "$case: $now instructions a line, $was recorded ($change %)"
        if ((now * 100 > was * (100 + limit))); then
            echo "$case: more than $limit % above what is recorded; if that is the price of something, run benches/instructions.sh --update" >&2
            failed=1
        fi
    fi
done
if [ "${1:-}" = "--update" ]; then
    cp "$work/new.tsv" "$table"
    exit 0
fi
exit "$failed"
