//! Events, as Lambda is sent them.

use serde_json::{Value, json};

/// Version 2: HTTP APIs, and function URLs.
pub(crate) fn http_api(method: &str, path: &str, query: &str, body: Option<&str>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": ["a=1", "b=2"],
        "headers": {"host": "api.example", "content-type": "text/plain"},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "api.example", "domainPrefix": "api",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7", "userAgent": "test",
            },
            "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2020:19:03:58 +0000", "timeEpoch": 1_583_348_638_390_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// Version 1: REST APIs.
pub(crate) fn rest_api(path: &str) -> Value {
    json!({
        "resource": "/{proxy+}", "path": path, "httpMethod": "GET",
        "headers": {"Host": "rest.example", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Host": ["rest.example"], "X-Forwarded-Proto": ["https"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "1", "apiId": "x", "resourceId": "x", "stage": "prod", "requestId": "r",
            "identity": {"sourceIp": "192.0.2.8"}, "resourcePath": "/{proxy+}",
            "httpMethod": "GET", "protocol": "HTTP/1.1", "path": path,
        },
        "body": null, "isBase64Encoded": false,
    })
}

pub(crate) fn load_balancer(path: &str) -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": "GET", "path": path, "queryStringParameters": {"q": "1"},
        "headers": {"host": "lb.example", "x-forwarded-for": "192.0.2.9", "x-forwarded-proto": "https"},
        "body": "", "isBase64Encoded": false,
    })
}
