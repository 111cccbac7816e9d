"""Makes `services.json.gz`: what the signed caller needs to know of AWS's read-only operations.

In: botocore's models, as installed beside this Python. Out: for each service its protocol, endpoint and signing name;
for each operation its method and URI, how its request is written, how its pages continue, and the shape of its
answer as far as it has to be known (all of it where the answer is XML, only the times where it is JSON).

Usage: generate.py [--check]
"""

import gzip
import json
import pathlib
import re
import sys

import botocore

HERE = pathlib.Path(__file__).parent
OUT = HERE / "services.json.gz"
DATA = pathlib.Path(botocore.__file__).parent / "data"

SERVICES = """
accessanalyzer account acm apigateway athena backup bedrock cloudfront cloudtrail cloudwatch cognito-idp config
datasync docdb dynamodb ec2 ecr ecs efs eks elasticache elb elbv2 events firehose fsx glue guardduty health iam
identitystore inspector2 kinesis kms lambda logs macie2 neptune opensearch organizations rds redshift route53 s3
s3control secretsmanager securityhub sns sqs ssm sso-admin stepfunctions sts wafv2
""".split()

# EC2 has hundreds of reads with large answers: those that policies ask for.
EC2 = """
DescribeAccountAttributes DescribeAddresses DescribeFlowLogs DescribeImages DescribeInstances DescribeInternetGateways
DescribeKeyPairs DescribeManagedPrefixLists DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces
DescribeRegions DescribeRouteTables DescribeSecurityGroups DescribeSnapshotAttribute DescribeSnapshots DescribeSubnets
DescribeVolumes DescribeVpcEndpoints DescribeVpcPeeringConnections DescribeVpcs DescribeVpnConnections
GetEbsDefaultKmsKeyId GetEbsEncryptionByDefault GetManagedPrefixListEntries GetSnapshotBlockPublicAccessState
GetImageBlockPublicAccessState DescribeInstanceStatus GetSerialConsoleAccessStatus
""".split()

READING = ("Get", "List", "Describe", "BatchGet")
SUPPORTED = ("json", "rest-json", "rest-xml", "query", "ec2")

# Services with one endpoint for all regions of the partition, and the region that signs for it.
GLOBAL = {
    "account": "account.us-east-1.amazonaws.com",
    "cloudfront": "cloudfront.amazonaws.com",
    "health": "health.us-east-1.amazonaws.com",
    "iam": "iam.amazonaws.com",
    "organizations": "organizations.us-east-1.amazonaws.com",
    "route53": "route53.amazonaws.com",
}

# Names that IAM spells otherwise than the API. Source: Service Authorization Reference.
IAM_PREFIX = {
    "monitoring": "cloudwatch",
    "sso": "sso",
    "elasticfilesystem": "elasticfilesystem",
    "states": "states",
}
IAM_ACTION = {
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
}


def newest(service):
    return max(path for path in (DATA / service).iterdir() if path.is_dir())


def load(folder, name):
    packed, plain = folder / f"{name}.json.gz", folder / f"{name}.json"
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(plain.read_text()) if plain.exists() else {}


class Shapes:
    """The shapes of one service, in a form as short as can be."""

    def __init__(self, model, protocol):
        self.shapes = model["shapes"]
        self.xml = protocol in ("rest-xml", "query", "ec2")
        self.protocol = protocol

    def member(self, name, member):
        """How a member is called on the wire."""
        shape = self.shapes[member["shape"]]
        if self.flat(shape, member) and shape["type"] == "list" and "locationName" not in member:
            return shape["member"].get("locationName", name)
        # A shape may have a name for all members that are of it.
        return member.get("locationName", shape.get("locationName", name) if self.xml else name)

    @staticmethod
    def flat(shape, member):
        """Whether a list or a map has no element around it: its shape or the member says so."""
        return bool(shape.get("flattened") or member.get("flattened"))

    def out(self, name, stack=(), flat=False):
        """The shape of an answer; None where nothing has to be known of it."""
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "timestamp":
            return "t"
        if kind in ("integer", "long"):
            return "i" if self.xml else None
        if kind in ("float", "double"):
            return "f" if self.xml else None
        if kind == "boolean":
            return "b" if self.xml else None
        if kind in ("string", "blob", "character"):
            return "s" if self.xml else None
        if name in stack:
            return None
        stack = (*stack, name)
        if kind == "structure":
            members = {}
            for member_name, member in shape.get("members", {}).items():
                if member.get("location") in ("header", "headers", "statusCode"):
                    continue
                inner = self.out(member["shape"], stack, self.flat(self.shapes[member["shape"]], member))
                wire = self.member(member_name, member)
                if member.get("xmlAttribute"):
                    wire = "@" + wire.split(":")[-1]
                # The answer is handed out by the members' own names.
                if inner is not None or wire != member_name:
                    members[member_name] = [wire, inner or "s"]
            return {"S": members} if members or self.xml else None
        if kind == "list":
            inner = self.out(shape["member"]["shape"], stack)
            if inner is None:
                return None
            found = {"L": inner}
            if self.xml:
                found["n"] = shape["member"].get("locationName", "member")
                if flat:
                    found["f"] = 1
            return found
        if kind == "map":
            inner = self.out(shape["value"]["shape"], stack)
            if inner is None:
                return None
            found = {"M": inner}
            if self.xml:
                found["k"] = shape["key"].get("locationName", "key")
                found["v"] = shape["value"].get("locationName", "value")
                if flat:
                    found["f"] = 1
            return found
        raise ValueError(kind)

    def body(self, name, stack=()):
        """The shape of a request in JSON; None where it has the members' own names."""
        shape = self.shapes[name]
        kind = shape["type"]
        if name in stack or kind not in ("structure", "list", "map"):
            return None
        stack = (*stack, name)
        if kind == "structure":
            members = {}
            for member_name, member in shape.get("members", {}).items():
                inner = self.body(member["shape"], stack)
                wire = member.get("locationName", member_name)
                if inner is not None or wire != member_name:
                    members[member_name] = [wire, inner or "s"]
            return {"S": members} if members else None
        inner = self.body(shape["member" if kind == "list" else "value"]["shape"], stack)
        return inner and {"L" if kind == "list" else "M": inner}

    def query(self, name, stack=()):
        """The shape of a request of the query and ec2 protocols."""
        shape = self.shapes[name]
        kind = shape["type"]
        if name in stack or kind not in ("structure", "list", "map"):
            return "s"
        stack = (*stack, name)
        if kind == "structure":
            return {"S": {n: [self.query_name(n, m), self.query(m["shape"], stack)] for n, m in shape.get("members", {}).items()}}
        if kind == "list":
            found = {"L": self.query(shape["member"]["shape"], stack)}
            if self.protocol == "ec2" or shape.get("flattened"):
                found["f"] = 1
            else:
                found["n"] = shape["member"].get("locationName", "member")
            return found
        return {"M": self.query(shape["value"]["shape"], stack)}

    def query_name(self, name, member):
        if self.protocol == "ec2":
            if "queryName" in member:
                return member["queryName"]
            wire = member.get("locationName", name)
            return wire[0].upper() + wire[1:]
        shape = self.shapes[member["shape"]]
        if shape.get("flattened") and "locationName" in shape.get("member", {}):
            return shape["member"]["locationName"]
        return member.get("locationName", name)


def operation(name, model, shapes, paginators, protocol):
    op = model["operations"][name]
    http = op.get("http", {})
    found = {"u": http.get("requestUri", "/")}
    if http.get("method", "POST") != "POST":
        found["m"] = http["method"]
    if "input" in op:
        shape = model["shapes"][op["input"]["shape"]]
        if protocol in ("query", "ec2"):
            found["q"] = shapes.query(op["input"]["shape"])["S"]
        elif protocol.startswith("rest"):
            places, renamed = {}, {}
            for member_name, member in shape.get("members", {}).items():
                place = {"uri": "u", "querystring": "q", "header": "h"}.get(member.get("location"), "b")
                places[member_name] = [place, member.get("locationName", member_name)]
                inner = shapes.body(member["shape"]) if place == "b" else None
                if inner:
                    renamed[member_name] = inner
            found["in"] = places
            if renamed:
                found["b"] = renamed
    if "output" in op:
        output = model["shapes"][op["output"]["shape"]]
        target = output.get("payload")
        out = shapes.out(op["output"]["shape"])
        if out is not None:
            found["o"] = out
        if target:
            found["p"] = target
        wrapper = op["output"].get("resultWrapper")
        if wrapper:
            found["w"] = wrapper
    prefix = op.get("endpoint", {}).get("hostPrefix")
    if prefix:
        found["h"] = prefix
    page = paginators.get(name) or paging(op, model["shapes"])
    if page:
        found["page"] = {
            "i": as_list(page["input_token"]), "o": as_list(page["output_token"]), "k": as_list(page["result_key"]),
        }
        if "more_results" in page:
            found["page"]["more"] = page["more_results"]
    return found


def as_list(value):
    return value if isinstance(value, list) else [value]


def members(shapes, op, side):
    return shapes[op[side]["shape"]].get("members", {}) if side in op else {}


def paging(op, shapes):
    """How an operation continues that botocore has no paginator for. Its first page alone would pass for all."""
    given, answered = members(shapes, op, "input"), members(shapes, op, "output")
    several = {name: member for name, member in answered.items() if shapes[member["shape"]]["type"] in ("list", "map")}
    pairs = [
        (name, token)
        for token in answered
        if re.fullmatch(r"([Nn]ext|Pagination)?(Continuation)?Token|\w*Marker|Next(DNSName|HostedZoneId)", token)
        for name in (token.replace("Next", "", 1), token)
        if name in given
    ]
    if not pairs:
        # The last that was seen is where the next page begins.
        last = [name for name in given if name.startswith("ExclusiveStart")]
        more = [name for name in answered if name.startswith("HasMore")]
        seen = [name for name in answered if name.startswith("LastEvaluated")]
        if last and seen:
            pairs = [(last[0], seen[0])]
        elif last and more and several:
            of = shapes[shapes[several[min(several)]["shape"]]["member"]["shape"]]
            element = ".Key" if of["type"] == "structure" else ""
            found = {"input_token": last[0], "output_token": f"{min(several)}[-1]{element}", "more_results": more[0]}
            return {**found, "result_key": sorted(several)}
        else:
            return None
    # `NextMarker` goes into `Marker`, where there is one.
    first = {}
    for name, token in pairs:
        if not any(token == other for other in first.values()):
            first[name] = token
    keys = sorted(several) or sorted(
        f"{name}.{inner}"
        for name, member in answered.items()
        for inner, nested in shapes[member["shape"]].get("members", {}).items()
        if shapes[nested["shape"]]["type"] == "list"
    )
    if not keys:
        return None
    found = {"input_token": list(first), "output_token": list(first.values()), "result_key": keys}
    more = next((name for name in answered if name in ("IsTruncated", "isTruncated")), None)
    return {**found, "more_results": more} if more else found


def allowed(service, name, model):
    if not any(name.startswith(verb) and name[len(verb):][:1].isupper() for verb in READING):
        return False
    if service == "ec2" and name not in EC2:
        return False
    op, shapes = model["operations"][name], model["shapes"]
    # Requests in XML are not written.
    places = [member.get("location") for member in members(shapes, op, "input").values()]
    if model["metadata"]["protocol"] == "rest-xml" and None in places:
        return False
    # Neither are streams and bytes read.
    output = shapes[op["output"]["shape"]] if "output" in op else {}
    content = shapes[output["members"][output["payload"]]["shape"]] if "payload" in output else {}
    return content.get("type") != "blob" and not content.get("eventstream")


def service(name):
    folder = newest(name)
    model = load(folder, "service-2")
    paginators = load(folder, "paginators-1").get("pagination", {})
    meta = model["metadata"]
    protocol = meta["protocol"]
    if protocol not in SUPPORTED:
        protocol = next(p for p in meta["protocols"] if p in SUPPORTED)
    shapes = Shapes(model, protocol)
    signing = meta.get("signingName", meta["endpointPrefix"])
    found = {
        "id": meta["serviceId"],
        "prefix": meta["endpointPrefix"],
        "sign": signing,
        "iam": IAM_PREFIX.get(signing, signing),
        "protocol": protocol,
        "version": meta["apiVersion"],
        "ops": {n: operation(n, model, shapes, paginators, protocol) for n in sorted(model["operations"]) if allowed(name, n, model)},
    }
    if protocol == "json":
        found["target"] = meta["targetPrefix"]
        found["json"] = meta.get("jsonVersion", "1.0")
    if name in GLOBAL:
        found["global"] = GLOBAL[name]
    return found


def main():
    models = {"services": {name: service(name) for name in SERVICES}, "actions": IAM_ACTION}
    text = json.dumps(models, separators=(",", ":"), sort_keys=True).encode()
    packed = gzip.compress(text, 9, mtime=0)
    if "--check" in sys.argv:
        there = gzip.decompress(OUT.read_bytes())
        if there != text:
            sys.exit(f"{OUT} is not what {pathlib.Path(__file__).name} makes of botocore {botocore.__version__}: run it")
        return
    OUT.write_bytes(packed)
    operations = sum(len(found["ops"]) for found in models["services"].values())
    print(f"{OUT.name}: {len(models['services'])} services, {operations} operations, {len(text)} bytes, {len(packed)} packed")


if __name__ == "__main__":
    main()
