// SPDX-License-Identifier: Apache-2.0
//! libloom-credentials for Rust: a small safe wrapper over `loom/credentials.h`, to be copied.
//!
//! A handle of the library belongs to exactly one value here and is given back when that is dropped.
//! An opened store is never changed by a call, and any thread may use it: that is why `Credentials` is
//! `Send` and `Sync`.

use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int, c_long};
use std::ptr;

mod ffi {
    use super::{c_char, c_int, c_long};

    macro_rules! handles {
        ($($name:ident),*) => { $(#[repr(C)] pub struct $name { _private: [u8; 0] })* };
    }
    handles!(Credentials, Options, Error, Servers, Token);

    extern "C" {
        pub fn loom_credentials_version() -> *const c_char;
        pub fn loom_credentials_open(o: *const Options, out: *mut *mut Credentials, e: *mut *mut Error) -> c_int;
        pub fn loom_credentials_close(c: *mut Credentials);
        pub fn loom_credentials_list_servers(c: *const Credentials, out: *mut *mut Servers, e: *mut *mut Error) -> c_int;
        pub fn loom_credentials_servers_count(s: *const Servers) -> usize;
        pub fn loom_credentials_servers_at(s: *const Servers, index: usize) -> *const c_char;
        pub fn loom_credentials_servers_free(s: *mut Servers);
        pub fn loom_credentials_get_token(
            c: *const Credentials, server: *const c_char, min_valid_s: c_int,
            out: *mut *mut Token, e: *mut *mut Error,
        ) -> c_int;
        pub fn loom_credentials_token_bytes(t: *const Token) -> *const c_char;
        pub fn loom_credentials_token_len(t: *const Token) -> usize;
        pub fn loom_credentials_token_server(t: *const Token) -> *const c_char;
        pub fn loom_credentials_token_expires_at(t: *const Token) -> i64;
        pub fn loom_credentials_token_warning(t: *const Token) -> *const c_char;
        pub fn loom_credentials_token_free(t: *mut Token);
        pub fn loom_credentials_error_result(e: *const Error) -> c_int;
        pub fn loom_credentials_error_message(e: *const Error) -> *const c_char;
        pub fn loom_credentials_error_http_status(e: *const Error) -> c_long;
        pub fn loom_credentials_error_free(e: *mut Error);
        pub fn loom_credentials_result_name(result: c_int) -> *const c_char;
    }
}

/// What the library hands out as text lives as long as its handle, so it is copied.
fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: the header promises text that ends with a NUL.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// `enum loom_credentials_result`: a closed list, in which OTHER stands for what fits no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Kind {
    Other = 1,
    Usage = 2,
    NotSignedIn = 3,
    Rejected = 4,
    Denied = 5,
    Network = 6,
    Tls = 7,
    Proxy = 8,
    NotLoom = 9,
    BadAnswer = 10,
    KeyringLocked = 11,
    KeyringUnavailable = 12,
    Storage = 13,
    Damaged = 14,
}

impl Kind {
    const ALL: [Kind; 14] = [
        Kind::Other, Kind::Usage, Kind::NotSignedIn, Kind::Rejected, Kind::Denied, Kind::Network,
        Kind::Tls, Kind::Proxy, Kind::NotLoom, Kind::BadAnswer, Kind::KeyringLocked,
        Kind::KeyringUnavailable, Kind::Storage, Kind::Damaged,
    ];

    fn from_c(number: c_int) -> Kind {
        Kind::ALL.into_iter().find(|kind| *kind as c_int == number).unwrap_or(Kind::Other)
    }

    /// The stable English name, as in the program's JSON.
    pub fn name(self) -> String {
        // SAFETY: it takes any number.
        text(unsafe { ffi::loom_credentials_result_name(self as c_int) })
    }
}

/// What went wrong, and the sentence that says what to do. Never holds a secret.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    pub http_status: i64,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Run a call that hands out a handle or an error; take over whichever it was.
fn call<T>(run: impl FnOnce(*mut *mut T, *mut *mut ffi::Error) -> c_int) -> Result<*mut T, Error> {
    let mut handle = ptr::null_mut();
    let mut error = ptr::null_mut();
    if run(&mut handle, &mut error) == 0 {
        return Ok(handle);
    }
    // SAFETY: each function takes an error that is NULL, too; it is ours to free.
    unsafe {
        let said = Error {
            kind: Kind::from_c(ffi::loom_credentials_error_result(error)),
            message: text(ffi::loom_credentials_error_message(error)),
            http_status: i64::from(ffi::loom_credentials_error_http_status(error)),
        };
        ffi::loom_credentials_error_free(error);
        Err(said)
    }
}

fn to_c(text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error {
        kind: Kind::Usage,
        message: "There is a NUL in the address.".to_owned(),
        http_status: 0,
    })
}

/// An opened store: where the sign-ins of `loom login` are kept.
pub struct Credentials(*mut ffi::Credentials);

// SAFETY: "Every function may be called by any thread at any time. An opened store is never changed by
// a call." (loom/credentials.h)
unsafe impl Send for Credentials {}
unsafe impl Sync for Credentials {}

impl Credentials {
    pub fn open() -> Result<Credentials, Error> {
        // SAFETY: NULL stands for the defaults.
        call(|out, error| unsafe { ffi::loom_credentials_open(ptr::null(), out, error) })
            .map(Credentials)
    }

    pub fn servers(&self) -> Result<Vec<String>, Error> {
        // SAFETY: the store lives as long as `self`, the list until the end of this function.
        unsafe {
            let list =
                call(|out, error| ffi::loom_credentials_list_servers(self.0, out, error))?;
            let found = (0..ffi::loom_credentials_servers_count(list))
                .map(|index| text(ffi::loom_credentials_servers_at(list, index)))
                .collect();
            ffi::loom_credentials_servers_free(list);
            Ok(found)
        }
    }

    /// A token for `server` that is good for `min_valid_s` seconds at least, renewed if need be.
    pub fn token(&self, server: &str, min_valid_s: u16) -> Result<Token, Error> {
        let server = to_c(server)?;
        // SAFETY: the store and the address live as long as the call.
        call(|out, error| unsafe {
            let least = c_int::from(min_valid_s);
            ffi::loom_credentials_get_token(self.0, server.as_ptr(), least, out, error)
        })
        .map(Token)
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { ffi::loom_credentials_close(self.0) }
    }
}

/// A token; the library wipes it when it is dropped. It is neither shown nor copied by itself.
pub struct Token(*mut ffi::Token);

// SAFETY: as above; nothing changes a token before it is freed.
unsafe impl Send for Token {}
unsafe impl Sync for Token {}

impl Token {
    /// The secret itself, for the header `Authorization: Bearer ...` of requests to `server()`.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes stand there, as long as the token lives.
        unsafe {
            let len = ffi::loom_credentials_token_len(self.0);
            std::slice::from_raw_parts(ffi::loom_credentials_token_bytes(self.0).cast(), len)
        }
    }

    pub fn server(&self) -> String {
        // SAFETY: the token is ours.
        text(unsafe { ffi::loom_credentials_token_server(self.0) })
    }

    /// Seconds since 1970; `None`: not known.
    pub fn expires_at(&self) -> Option<i64> {
        // SAFETY: the token is ours.
        Some(unsafe { ffi::loom_credentials_token_expires_at(self.0) }).filter(|at| *at != 0)
    }

    /// Why it could not be renewed, or not stored; `None`: all is well.
    pub fn warning(&self) -> Option<String> {
        // SAFETY: the token is ours.
        Some(text(unsafe { ffi::loom_credentials_token_warning(self.0) }))
            .filter(|said| !said.is_empty())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Token for {}", self.server())
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it any more.
        unsafe { ffi::loom_credentials_token_free(self.0) }
    }
}

/// Of the library that the program runs with.
pub fn version() -> String {
    // SAFETY: never NULL.
    text(unsafe { ffi::loom_credentials_version() })
}
