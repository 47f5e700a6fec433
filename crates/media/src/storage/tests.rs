//! The store in a directory, and in a bucket of a stand-in.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use kernel::{DomainError as _, ErrorKind};

use super::*;
use crate::picture::Encoding;

fn name() -> FileName {
    FileName::generate(Encoding::Jpeg).unwrap()
}

async fn goes_round(storage: &Storage) {
    let name = name();
    storage.put(&name, b"picture".to_vec()).await.unwrap();
    assert_eq!(storage.get(&name).await.unwrap().bytes().await.unwrap(), "picture");
    storage.delete(&name).await.unwrap();
    assert!(matches!(storage.get(&name).await, Err(MediaError::NotFound)));
    storage.delete(&name).await.unwrap();
}

#[tokio::test]
async fn a_directory_holds_what_is_put_into_it() {
    let dir = std::env::temp_dir().join(testkit::unique("store"));
    let storage = Storage::open(&Location::Directory(dir.join("made/by/itself"))).unwrap();
    goes_round(&storage).await;
    assert_eq!(std::fs::read_dir(dir.join("made/by/itself")).unwrap().count(), 0);
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_bucket_holds_what_is_put_into_it() {
    let s3 = StandIn::start();
    let storage = Storage::open(&s3.bucket()).unwrap();
    goes_round(&storage).await;
    let asked = s3.asked.lock().unwrap().clone();
    let methods: Vec<_> = asked.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(methods, ["PUT", "GET", "DELETE", "GET", "DELETE"]);
    assert!(asked.iter().all(|line| line.contains(" /pictures/shop/one/")), "{asked:?}");
}

#[tokio::test]
async fn a_bucket_that_is_away_is_unavailable() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let storage = Storage::open(&bucket(port)).unwrap();
    for failed in [
        storage.put(&name(), b"picture".to_vec()).await.err(),
        storage.get(&name()).await.err(),
        storage.delete(&name()).await.err(),
    ] {
        assert_eq!(failed.unwrap().kind(), ErrorKind::Unavailable);
    }
}

#[test]
fn a_bucket_shows_no_key() {
    let shown = format!("{:?}", bucket(1));
    assert!(shown.contains("pictures") && !shown.contains("the-secret"), "{shown}");
}

fn bucket(port: u16) -> Location {
    Location::Bucket(Bucket {
        name: "pictures".to_owned(),
        prefix: "shop/one".to_owned(),
        region: "eu-central-1".to_owned(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        access_key_id: "the-key".to_owned(),
        secret_access_key: "the-secret".to_owned(),
        session_token: None,
    })
}

type Objects = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// As much of S3 as there is to ask for: takes signed requests only.
struct StandIn {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::default());
        let (seen, objects) = (Arc::clone(&asked), Objects::default());
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                answer(connection.unwrap(), &seen, &objects);
            }
        });
        Self { port, asked }
    }

    fn bucket(&self) -> Location {
        bucket(self.port)
    }
}

/// One request a connection.
fn answer(mut connection: TcpStream, seen: &Mutex<Vec<String>>, objects: &Objects) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        if line == "\r\n" {
            break;
        }
        head.push(line.trim_end().to_owned());
    }
    let header = |name: &str| {
        let found = head.iter().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")));
        found.map(|line| line.split_once(": ").unwrap().1.to_owned())
    };
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    seen.lock().unwrap().push(head[0].clone());
    let mut words = head[0].split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap().to_owned());
    let signed =
        header("authorization").is_some_and(|a| a.starts_with("AWS4-HMAC-SHA256 Credential=the-key/"));
    let mut objects = objects.lock().unwrap();
    let (status, body) = match (method, signed) {
        (_, false) => ("403 Forbidden", Vec::new()),
        ("PUT", _) => {
            objects.insert(path, body);
            ("200 OK", Vec::new())
        }
        ("DELETE", _) => {
            objects.remove(&path);
            ("204 No Content", Vec::new())
        }
        _ => match objects.get(&path) {
            Some(object) => ("200 OK", object.clone()),
            None => ("404 Not Found", Vec::new()),
        },
    };
    let head = format!(
        "HTTP/1.1 {status}\r\netag: \"1\"\r\nlast-modified: Wed, 22 Jul 2026 10:00:00 GMT\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len(),
    );
    connection.write_all(&[head.into_bytes(), body].concat()).unwrap();
}
