// SPDX-License-Identifier: Apache-2.0
//! GET a page of a Loom server as the person who signed in with `loom login`:
//!
//!     loom-token                       lists the servers
//!     loom-token SERVER PATH           for a server on this computer, over plain http
//!
//! It speaks HTTP by hand, and only to this computer itself, because it fetches no crates; a program of
//! its own hands the token to its HTTP client instead.
mod credentials;

use credentials::{Credentials, Token};
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

fn get(token: &Token, path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let server = token.server();
    let address = server.strip_prefix("http://").ok_or("only plain http is spoken here")?;
    let (host, base) = match address.split_once('/') {
        Some((host, base)) => (host, format!("/{base}")),
        None => (address, String::new()),
    };
    let mut connection = TcpStream::connect(host)?;
    write!(connection, "GET {base}{path} HTTP/1.0\r\nHost: {host}\r\nAuthorization: Bearer ")?;
    connection.write_all(token.bytes())?;
    connection.write_all(b"\r\n\r\n")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(answer)
}

fn run(words: &[String]) -> Result<(), Box<dyn Error>> {
    let credentials = Credentials::open()?;
    if words.is_empty() {
        println!("libloom-credentials {}", credentials::version());
        credentials.servers()?.iter().for_each(|server| println!("{server}"));
        return Ok(());
    }
    let (server, path) = match words {
        [server, path] => (server, path),
        _ => return Err("usage: loom-token [SERVER PATH]".into()),
    };
    // A store is shared by as many threads as one likes.
    let token = std::thread::scope(|threads| {
        threads.spawn(|| credentials.token(server, 60)).join().expect("the thread ended")
    })?;
    if let Some(warning) = token.warning() {
        eprintln!("loom-token: {warning}");
    }
    if let Some(at) = token.expires_at() {
        eprintln!("{token:?}, until {at}");
    }
    std::io::stdout().write_all(&get(&token, path)?)?;
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.downcast_ref::<credentials::Error>() {
                Some(known) => eprintln!(
                    "loom-token: {} ({}, {})", known.message.trim_end(), known.kind.name(), known.http_status),
                None => eprintln!("loom-token: {error}"),
            }
            ExitCode::FAILURE
        }
    }
}
