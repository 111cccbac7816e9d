//! A function that judges nothing: what a change event costs where only its messages are exchanged.
//!
//! It polls the Lambda Runtime API, answers each event with a `PutEvaluations` that is the same each time, and tells the
//! Runtime API that it is done: the requests of `bootstrap`, over two connections that stay open, in plain sockets. What
//! `bootstrap` takes longer than this is its own: reading the event, judging, signing, logging.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// As long as the one that `bootstrap` sends, headers of the signature included.
const HEADERS: &str = "Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: StarlingDoveService.PutEvaluations\r\n\
    X-Amz-Date: 20261123T010000Z\r\nX-Amz-User-Agent: aws-sdk-rust/1.13.0 api/config/1.131.0 os/linux lang/rust/1.95.0\r\n\
    User-Agent: aws-sdk-rust/1.13.0 os/linux lang/rust/1.95.0\r\nAmz-Sdk-Request: attempt=1; max=6\r\n\
    Authorization: AWS4-HMAC-SHA256 Credential=bench/20261123/ap-northeast-1/config/aws4_request, SignedHeaders=\
    content-type;host;x-amz-date;x-amz-target, Signature=0000000000000000000000000000000000000000000000000000000000000000\r\n";
const EVALUATIONS: &str = "{\"Evaluations\":[{\"ComplianceResourceType\":\"AWS::DynamoDB::Table\",\"ComplianceResourceId\":\
    \"patients\",\"ComplianceType\":\"NON_COMPLIANT\",\"Annotation\":\"us-east-1 is not an allowed region (ap-northeast-1, \
    ap-northeast-3); the region only stands in for the reach of Japanese law\",\"OrderingTimestamp\":1795395600}],\
    \"ResultToken\":\"token\"}";

fn main() -> io::Result<()> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
    let (mut runtime, mut config) = (Connection::open(&address)?, Connection::open(&address)?);
    loop {
        runtime.exchange("GET /2018-06-01/runtime/invocation/next", "", "")?;
        config.exchange("POST /", HEADERS, EVALUATIONS)?;
        let done = "POST /2018-06-01/runtime/invocation/00000000-0000-4000-8000-000000000001/response";
        runtime.exchange(done, "Content-Type: application/json\r\n", "null")?;
    }
}

struct Connection {
    address: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { address: address.to_owned(), stream: BufReader::with_capacity(64 << 10, stream) })
    }

    /// Sends a request and reads its answer to the end.
    fn exchange(&mut self, request: &str, headers: &str, body: &str) -> io::Result<Vec<u8>> {
        let text = format!(
            "{request} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(text.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(answer)
    }
}
