//! Answers ext_authz checks by a look-up of the token, and nothing else: what a server of tonic costs at least.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};

#[derive(Clone, PartialEq, prost::Message)]
struct HeaderValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
    #[prost(bytes = "vec", tag = "3")]
    raw_value: Vec<u8>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct HeaderMap {
    #[prost(message, repeated, tag = "1")]
    headers: Vec<HeaderValue>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct HttpRequest {
    #[prost(string, tag = "2")]
    method: String,
    #[prost(map = "string, string", tag = "3")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(message, optional, tag = "13")]
    header_map: Option<HeaderMap>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct Attributes {
    #[prost(message, optional, tag = "4")]
    request: Option<AttributesRequest>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct AttributesRequest {
    #[prost(message, optional, tag = "2")]
    http: Option<HttpRequest>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<Attributes>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
}
#[derive(Clone, PartialEq, prost::Message)]
struct HeaderValueOption {
    #[prost(message, optional, tag = "1")]
    header: Option<HeaderValue>,
    #[prost(int32, tag = "3")]
    append_action: i32,
}
#[derive(Clone, PartialEq, prost::Message)]
struct OkHttpResponse {
    #[prost(message, repeated, tag = "2")]
    headers: Vec<HeaderValueOption>,
    #[prost(string, repeated, tag = "5")]
    headers_to_remove: Vec<String>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    status: Option<RpcStatus>,
    #[prost(message, optional, tag = "3")]
    ok_response: Option<OkHttpResponse>,
}

const IDENTITY: [(&str, &str); 5] = [
    ("x-auth-subject", "account-7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    ("x-auth-scopes", "messages:send messages:read messages:list"),
    ("x-auth-token-id", "V1StGXR8_Z5jdHi6B-myT"),
    ("x-auth-issuer", "partner"),
    ("x-auth-scheme", "bearer"),
];

fn answer(known: bool) -> CheckResponse {
    let option = |(key, value): (&str, &str)| HeaderValueOption {
        header: Some(HeaderValue { key: key.into(), value: value.into(), raw_value: Vec::new() }),
        append_action: 2,
    };
    let ok = OkHttpResponse {
        headers: IDENTITY.into_iter().map(option).collect(),
        headers_to_remove: vec!["authorization".into()],
    };
    CheckResponse {
        status: Some(RpcStatus { code: if known { 0 } else { 16 } }),
        ok_response: known.then_some(ok),
    }
}

fn credential(check: CheckRequest) -> Option<String> {
    let mut http = check.attributes?.request?.http?;
    http.headers.remove("authorization").or_else(|| {
        let found = http.header_map?.headers.into_iter().find(|header| header.key == "authorization")?;
        String::from_utf8(found.raw_value).ok()
    })
}

#[derive(Clone)]
struct Authorization(Arc<HashSet<String>>);

impl UnaryService<CheckRequest> for Authorization {
    type Response = CheckResponse;
    type Future = BoxFuture<Response<CheckResponse>, Status>;
    fn call(&mut self, request: Request<CheckRequest>) -> Self::Future {
        let known = credential(request.into_inner()).is_some_and(|value| self.0.contains(&value));
        Box::pin(async move { Ok(Response::new(answer(known))) })
    }
}

impl NamedService for Authorization {
    const NAME: &'static str = "envoy.service.auth.v3.Authorization";
}

impl<B> Service<http::Request<B>> for Authorization
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }
    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let codec = tonic_prost::ProstCodec::<CheckResponse, CheckRequest>::default();
            Ok(Grpc::new(codec).unary(service, request).await)
        })
    }
}

/// Arguments: the port, and a file with one `Authorization` value a line.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), StdError> {
    let mut arguments = std::env::args().skip(1);
    let (port, file) = (arguments.next().ok_or("port")?, arguments.next().ok_or("file")?);
    let known = std::fs::read_to_string(file)?.lines().map(str::to_owned).collect();
    let address = format!("127.0.0.1:{port}").parse()?;
    let service = Authorization(Arc::new(known));
    tonic::transport::Server::builder().tcp_nodelay(true).add_service(service).serve(address).await?;
    Ok(())
}
