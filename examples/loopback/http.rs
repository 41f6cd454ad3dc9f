//! How the `openidconnect` and `oauth2` crates reach the network: their `AsyncHttpClient` over reqwest 0.13 (their own feature binds 0.12).

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// An HTTP client that follows no redirects: what a provider says, it says itself.
#[derive(Clone)]
pub struct Http(pub reqwest::Client);

impl Http {
    /// The client of an app; one for all its calls.
    #[expect(
        clippy::disallowed_methods,
        reason = "an example app is no room of the bridge; it makes its own client"
    )]
    pub fn new() -> Result<Self, reqwest::Error> {
        // Refused when somebody in this process already installed a provider, which is as good.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        client.timeout(Duration::from_secs(30)).build().map(Self)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.0.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}
