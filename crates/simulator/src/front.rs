//! What happens to every request before its provider sees it, and to every answer after.

use std::sync::Arc;

use http::StatusCode;
use http::header::{HeaderValue, SERVER};

use crate::clock::Clock;
use crate::gate::Gate;
use crate::http::{Answer, Exchange, Service};
use crate::recorder::Recorder;

/// What the stand-ins of all providers share.
#[derive(Debug)]
pub(crate) struct Rooms {
    pub(crate) clock: Clock,
    pub(crate) recorder: Recorder,
    pub(crate) gate: Gate,
}

/// The stand-in of one provider.
pub(crate) trait Provider: Send + Sync + 'static {
    /// The name in recordings and in the control API's paths.
    const NAME: &'static str;

    /// The answer to a request of an acceptable client.
    fn answer(&self, exchange: &Exchange) -> impl Future<Output = Answer> + Send;
}

/// A provider behind recording, the client certificate's check, and the gate.
pub(crate) struct Front<P> {
    pub(crate) provider: Arc<P>,
    pub(crate) rooms: Arc<Rooms>,
}

impl<P: Provider> Service for Front<P> {
    async fn answer(&self, exchange: Exchange) -> Answer {
        let receipt = self.rooms.recorder.record(P::NAME, &exchange);
        let answer = if exchange.client.refused {
            html_403()
        } else {
            self.rooms.gate.pass(exchange.path()).await;
            self.provider.answer(&exchange).await
        };
        self.rooms.recorder.answered(receipt, &answer);
        answer
    }
}

/// The page of a front-end nginx that did not like the client certificate (`bankid-se.md section 1`).
pub(crate) fn html_403() -> Answer {
    const PAGE: &str = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n\
                        <center><h1>403 Forbidden</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    let mut answer = Answer::new(StatusCode::FORBIDDEN, HeaderValue::from_static("text/html"), PAGE);
    answer.headers.push((SERVER, HeaderValue::from_static("nginx")));
    answer
}
