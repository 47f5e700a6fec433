//! The register over real sockets: what it says, and everything that it may say instead.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use kernel::{ErrorKind, Nip, PortError};
use user::ports::{TaxRecord, TaxRegister as _, VatStatus};

use crate::MinistryRegister;

const NIP: &str = "5260250274";
const PATIENCE: Duration = Duration::from_millis(300);

/// As the ministry's description shows it, fields that are not read included.
const KNOWN: &str = r#"{"result":{"subject":{"name":"ROSE SP. Z O.O.","nip":"5260250274","statusVat":"Czynny",
    "regon":"123456785","pesel":null,"krs":"0000636771","residenceAddress":null,
    "workingAddress":"UL. PROSTA 51, 00-838 WARSZAWA","representatives":[],"authorizedClerks":[],"partners":[],
    "registrationLegalDate":"2018-02-21","registrationDenialBasis":null,"registrationDenialDate":null,
    "accountNumbers":["90249000050247256316596736"],"hasVirtualAccounts":true},
    "requestId":"d2n10-84df1a1","requestDateTime":"22-07-2026 12:00:00"}}"#;

/// What a server does with each connection after the request's head.
type Answer = Arc<dyn Fn(&mut TcpStream) + Send + Sync>;

/// A server that writes down what it was asked; it ends with the test's process.
struct Server {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn with(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, heard, answer) = (stream.unwrap(), heard.clone(), answer.clone());
                thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    heard.lock().unwrap().extend(lines.next().and_then(Result::ok));
                    while lines.next().and_then(Result::ok).is_some_and(|line| !line.is_empty()) {}
                    answer(&mut stream);
                });
            }
        });
        Self { base, asked }
    }

    fn saying(status: &str, body: &str) -> Self {
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        Self::with(Arc::new(move |stream| {
            let _ = stream.write_all(text.as_bytes());
        }))
    }

    async fn find(&self) -> Result<Option<TaxRecord>, PortError> {
        find(&self.base).await
    }
}

async fn find(base: &str) -> Result<Option<TaxRecord>, PortError> {
    let now: DateTime<Utc> = "2026-07-22T22:30:00Z".parse().unwrap();
    MinistryRegister::with_patience(base, PATIENCE).find(&nip(), now).await
}

fn nip() -> Nip {
    NIP.parse().unwrap()
}

/// The whole chain of what went wrong, as a log shows it.
fn told(error: &PortError) -> String {
    let mut causes = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes.join(": ")
}

#[tokio::test]
async fn a_company_is_found_on_the_day_that_it_is_in_poland() {
    let server = Server::saying("200 OK", KNOWN);
    let expected = TaxRecord {
        nip: NIP.to_owned(),
        name: "ROSE SP. Z O.O.".to_owned(),
        vat_status: VatStatus::Active,
        regon: Some("123456785".to_owned()),
        krs: Some("0000636771".to_owned()),
        address: Some("UL. PROSTA 51, 00-838 WARSZAWA".to_owned()),
        registered_on: "2018-02-21".parse().ok(),
    };
    assert_eq!(server.find().await.unwrap(), Some(expected));
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked, ["GET /api/search/nip/5260250274?date=2026-07-23 HTTP/1.1"]);
}

#[tokio::test]
async fn the_address_may_have_a_path_and_a_slash_at_its_end() {
    let server = Server::saying("200 OK", KNOWN);
    assert!(find(&format!("{}/tax-register/", server.base)).await.unwrap().is_some());
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked, ["GET /tax-register/api/search/nip/5260250274?date=2026-07-23 HTTP/1.1"]);
}

#[tokio::test]
async fn a_number_without_a_subject_is_unknown() {
    let server =
        Server::saying("200 OK", r#"{"result":{"subject":null,"requestId":"a","requestDateTime":"b"}}"#);
    assert_eq!(server.find().await.unwrap(), None);
}

#[tokio::test]
async fn each_word_for_the_state_of_vat_is_understood() {
    for (word, status) in [
        (r#""Czynny""#, VatStatus::Active),
        (r#""Zwolniony""#, VatStatus::Exempt),
        (r#""Niezarejestrowany""#, VatStatus::NotRegistered),
        ("null", VatStatus::NotRegistered),
    ] {
        let server = Server::saying("200 OK", &KNOWN.replace(r#""Czynny""#, word));
        assert_eq!(server.find().await.unwrap().unwrap().vat_status, status, "{word}");
    }
}

#[tokio::test]
async fn a_person_in_business_lives_somewhere() {
    let lives = KNOWN
        .replace(r#""residenceAddress":null"#, r#""residenceAddress":"POLNA 1, 31-001 KRAKÓW""#)
        .replace(r#""UL. PROSTA 51, 00-838 WARSZAWA""#, r#""""#)
        .replace(r#""krs":"0000636771""#, r#""krs":"""#);
    let record = Server::saying("200 OK", &lives).find().await.unwrap().unwrap();
    assert_eq!((record.address.as_deref(), record.krs), (Some("POLNA 1, 31-001 KRAKÓW"), None));
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_failure_that_says_why() {
    let another = KNOWN.replace(r#""nip":"5260250274""#, r#""nip":"1234563218""#);
    let unknown_word = KNOWN.replace("Czynny", "Aktywny");
    let nameless = KNOWN.replace("ROSE SP. Z O.O.", " ");
    let cut = &KNOWN[..200];
    for (status, body, expected) in [
        ("200 OK", another.as_str(), "of another number"),
        ("200 OK", &unknown_word, "a known statusVat"),
        ("200 OK", &nameless, "lacks a name"),
        ("200 OK", cut, "cannot be read"),
        ("200 OK", "", "cannot be read"),
        ("200 OK", "null", "cannot be read"),
        ("200 OK", r#"{"result":{}}"#, "cannot be read"),
        ("200 OK", "<!DOCTYPE html><html><body>Przerwa techniczna</body></html>", "cannot be read"),
        ("400 Bad Request", r#"{"code":"WL-115","message":"Nieprawidłowy NIP."}"#, "400 (WL-115)"),
        ("429 Too Many Requests", r#"{"code":"WL-191","message":"Przekroczono limit"}"#, "429 (WL-191)"),
        ("429 Too Many Requests", r#"{"code":"<script>alert(1)</script>"}"#, "answered 429"),
        ("503 Service Unavailable", "<html>", "answered 503"),
        ("302 Found", "", "answered 302"),
        ("204 No Content", "", "answered 204"),
    ] {
        let refused = Server::saying(status, body).find().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable, "{status} {body}");
        let told = told(&refused);
        assert!(told.contains(expected) && !told.contains("script"), "{status} {body}: {told}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let server = Server::with(Arc::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        // Until nobody listens.
        while stream.write_all(&[b' '; 8 * 1024]).is_ok() {}
    }));
    let refused = server.find().await.unwrap_err();
    assert!(told(&refused).contains("longer than 262144 bytes"), "{}", told(&refused));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let server = Server::with(Arc::new(|stream| {
        let _ =
            stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{KNOWN}").as_bytes());
    }));
    assert_eq!(server.find().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn silence_and_dribble_end_in_time() {
    let silent: Answer = Arc::new(|_| thread::park());
    let dribbling: Answer = Arc::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    for answer in [silent, dribbling] {
        let started = Instant::now();
        let refused = Server::with(answer).find().await.unwrap_err();
        assert!(told(&refused).contains("did not answer within 300ms"), "{}", told(&refused));
        assert!(started.elapsed() < PATIENCE * 10, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_register_that_is_down_is_a_failure() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = find(&format!("http://127.0.0.1:{port}")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(told(&refused).contains("could not be reached"), "{}", told(&refused));
}
