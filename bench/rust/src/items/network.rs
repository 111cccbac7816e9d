//! Security groups, network ACLs, interfaces, subnets, VPCs, route tables, load balancers.

use serde_json::{Value, json};

use super::random::Random;
use super::{ACCOUNT, Body, REGION, filled, relationship};

/// Ports that are open to the world in one group of six; the others admit addresses that are named.
pub fn security_group(random: &mut Random, size: usize) -> Body {
    let open = random.chance(160);
    let mut ingress = filled(size * 3 / 4, |number| permission(random, number, open));
    // What no other group of another template has, be it a small one that is open.
    ingress.push(permission(random, u64::MAX, false));
    // A group like many others: the web to all, on its own ports.
    if random.chance(300) {
        ingress.insert(0, public("tcp", 443, 443, random));
    }
    let egress = filled(size / 4, |number| permission(random, number, false));
    Body {
        resource_type: "AWS::EC2::SecurityGroup",
        id: "sg-~id~".into(),
        name: "~name~".into(),
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-~id~"),
        global: false,
        relationships: vec![
            relationship("AWS::EC2::VPC", "vpc-~hex~", "Is contained in Vpc"),
            relationship("AWS::EC2::NetworkInterface", "eni-~hex~", "Is associated with NetworkInterface"),
        ],
        configuration: json!({
            "description": "made for ~name~", "groupName": "~name~", "ipPermissions": ingress, "ownerId": ACCOUNT,
            "groupId": "sg-~id~", "ipPermissionsEgress": egress,
            "tags": [{"key": "Name", "value": "~name~"}, {"key": "CostCentre", "value": "cc-~hex~"}],
            "vpcId": "vpc-~hex~",
        }),
        supplementary: json!({}),
    }
}

/// What a group lets in: a range of ports for a few addresses and groups.
fn permission(random: &mut Random, number: u64, open: bool) -> Value {
    if open && number < 2 {
        let (from, to) = match random.below(4) {
            0 => (22, 22),
            1 => (3389, 3389),
            2 => (random.below(22), 22 + random.below(4000)),
            _ => (0, 65535),
        };
        return public(random.pick(&["tcp", "tcp", "tcp", "-1"]), from, to, random);
    }
    let from = 1024 + random.below(60_000);
    let v4: Vec<String> = (0..=random.below(5))
        .map(|_| format!("10.{}.{}.0/{}", random.below(256), random.below(256), 20 + random.below(9)))
        .collect();
    let v6: Vec<Value> = (0..random.below(2))
        .map(|_| json!({"cidrIpv6": format!("2001:db8:{:x}::/48", random.below(65_536)), "description": "branch"}))
        .collect();
    json!({
        "fromPort": from, "ipProtocol": random.pick(&["tcp", "tcp", "udp"]), "ipv6Ranges": v6, "prefixListIds": [],
        "toPort": from + random.below(20),
        "userIdGroupPairs": [{"groupId": "sg-~hex~", "userId": ACCOUNT}],
        "ipv4Ranges": v4.iter().map(|cidr| json!({"cidrIp": cidr, "description": "office"})).collect::<Vec<_>>(),
        "ipRanges": v4,
    })
}

fn public(protocol: &str, from: u64, to: u64, random: &mut Random) -> Value {
    let v6 = random.chance(400);
    let mut permission = json!({
        "fromPort": from, "ipProtocol": protocol, "ipv6Ranges": if v6 { json!([{"cidrIpv6": "::/0"}]) } else { json!([]) },
        "prefixListIds": [], "toPort": to, "userIdGroupPairs": [], "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}],
        "ipRanges": ["0.0.0.0/0"],
    });
    // "All traffic" has no ports.
    if protocol == "-1"
        && let Some(fields) = permission.as_object_mut()
    {
        fields.shift_remove("fromPort");
        fields.shift_remove("toPort");
    }
    permission
}

pub fn acl(random: &mut Random, size: usize) -> Body {
    let entries = filled(size, |number| {
        json!({"cidrBlock": format!("10.{}.0.0/16", random.below(256)), "egress": number % 2 == 0, "protocol": "6",
            "portRange": {"from": 443, "to": 443 + random.below(100)}, "ruleAction": "allow", "ruleNumber": 100 + number})
    });
    Body {
        resource_type: "AWS::EC2::NetworkAcl",
        id: "acl-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:network-acl/acl-~id~"),
        global: false,
        relationships: vec![relationship("AWS::EC2::VPC", "vpc-~hex~", "Is contained in Vpc")],
        configuration: json!({"associations": [], "entries": entries, "isDefault": false, "networkAclId": "acl-~id~",
            "tags": [], "vpcId": "vpc-~hex~", "ownerId": ACCOUNT}),
        supplementary: json!({}),
    }
}

pub fn interface(random: &mut Random, size: usize) -> Body {
    let addresses = filled(size, |number| {
        json!({"primary": number == 0, "privateIpAddress": "~address~",
            "privateDnsName": format!("ip-~address~.{REGION}.compute.internal")})
    });
    Body {
        resource_type: "AWS::EC2::NetworkInterface",
        id: "eni-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-~id~"),
        global: false,
        relationships: vec![
            relationship("AWS::EC2::Instance", "i-~hex~", "Is attached to Instance"),
            relationship("AWS::EC2::Subnet", "subnet-~hex~", "Is contained in Subnet"),
        ],
        configuration: json!({
            "attachment": {"attachTime": "~created~", "attachmentId": "eni-attach-~hex~", "deleteOnTermination": false,
                "deviceIndex": random.below(4), "instanceId": "i-~hex~", "status": "attached"},
            "availabilityZone": format!("{REGION}c"), "description": "", "groups": [{"groupName": "app", "groupId": "sg-~hex~"}],
            "interfaceType": "interface", "ipv6Addresses": [], "networkInterfaceId": "eni-~id~", "ownerId": ACCOUNT,
            "privateIpAddress": "~address~", "privateIpAddresses": addresses, "requesterManaged": false, "status": "in-use",
            "subnetId": "subnet-~hex~", "tagSet": [], "vpcId": "vpc-~hex~",
        }),
        supplementary: json!({}),
    }
}

pub fn subnet(random: &mut Random, size: usize) -> Body {
    Body {
        resource_type: "AWS::EC2::Subnet",
        id: "subnet-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-~id~"),
        global: false,
        relationships: members(size),
        configuration: json!({"availabilityZone": format!("{REGION}a"), "availableIpAddressCount": random.below(4000),
            "cidrBlock": format!("10.{}.0.0/20", random.below(256)), "defaultForAz": false, "mapPublicIpOnLaunch": false,
            "state": "available", "subnetId": "subnet-~id~", "vpcId": "vpc-~hex~", "ownerId": ACCOUNT,
            "subnetArn": format!("arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-~id~"), "tags": []}),
        supplementary: json!({}),
    }
}

pub fn vpc(random: &mut Random, size: usize) -> Body {
    let block = format!("10.{}.0.0/16", random.below(256));
    Body {
        resource_type: "AWS::EC2::VPC",
        id: "vpc-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-~id~"),
        global: false,
        relationships: members(size),
        configuration: json!({"cidrBlock": block, "dhcpOptionsId": "dopt-~hex~", "state": "available", "vpcId": "vpc-~id~",
            "ownerId": ACCOUNT, "instanceTenancy": "default", "ipv6CidrBlockAssociationSet": [],
            "cidrBlockAssociationSet": [{"associationId": "vpc-cidr-assoc-~hex~", "cidrBlock": block,
                "cidrBlockState": {"state": "associated"}}], "isDefault": false, "tags": []}),
        supplementary: json!({}),
    }
}

/// What a network holds: its interfaces, instances and groups.
fn members(size: usize) -> Vec<Value> {
    filled(size, |number| match number % 3 {
        0 => relationship("AWS::EC2::NetworkInterface", "eni-~hex~", "Contains NetworkInterface"),
        1 => relationship("AWS::EC2::Instance", "i-~hex~", "Contains Instance"),
        _ => relationship("AWS::EC2::SecurityGroup", "sg-~hex~", "Contains SecurityGroup"),
    })
}

pub fn route_table(random: &mut Random, size: usize) -> Body {
    let routes = filled(size, |_| {
        json!({"destinationCidrBlock": format!("10.{}.{}.0/24", random.below(256), random.below(256)),
            "transitGatewayId": "tgw-~hex~", "origin": "CreateRoute", "state": "active"})
    });
    Body {
        resource_type: "AWS::EC2::RouteTable",
        id: "rtb-~id~".into(),
        name: Value::Null,
        arn: format!("arn:aws:ec2:{REGION}:{ACCOUNT}:route-table/rtb-~id~"),
        global: false,
        relationships: vec![relationship("AWS::EC2::VPC", "vpc-~hex~", "Is contained in Vpc")],
        configuration: json!({"associations": [], "propagatingVgws": [], "routeTableId": "rtb-~id~", "routes": routes,
            "tags": [], "vpcId": "vpc-~hex~", "ownerId": ACCOUNT}),
        supplementary: json!({}),
    }
}

pub fn load_balancer(random: &mut Random, size: usize) -> Body {
    let arn = format!("arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/~name~/~id~");
    let attributes =
        filled(size, |number| json!({"key": format!("routing.attribute.{number}"), "value": "~hex~"}));
    Body {
        resource_type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
        id: arn.clone(),
        name: "~name~".into(),
        arn: arn.clone(),
        global: false,
        relationships: vec![relationship("AWS::EC2::VPC", "vpc-~hex~", "Is contained in Vpc")],
        configuration: json!({"loadBalancerArn": arn, "dNSName": format!("~name~.{REGION}.elb.amazonaws.com"),
            "canonicalHostedZoneId": "Z14GRHDCWA56QT", "createdTime": "~created~", "loadBalancerName": "~name~",
            "scheme": random.pick(&["internal", "internet-facing"]), "vpcId": "vpc-~hex~", "state": {"code": "active"},
            "type": "application", "ipAddressType": "ipv4", "securityGroups": ["sg-~hex~"],
            "availabilityZones": [{"zoneName": format!("{REGION}a"), "subnetId": "subnet-~hex~", "loadBalancerAddresses": []}]}),
        supplementary: json!({"LoadBalancerAttributes": attributes, "Tags": []}),
    }
}
