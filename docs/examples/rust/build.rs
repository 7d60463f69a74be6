// SPDX-License-Identifier: Apache-2.0
//! Where libloom-credentials lies: asked of pkg-config, without a crate for that.
use std::process::Command;

fn main() {
    let answer = Command::new("pkg-config")
        .args(["--libs", "loom-credentials"])
        .output()
        .expect("pkg-config cannot be run");
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let words = String::from_utf8(answer.stdout).expect("pkg-config says no text");
    // A blank that belongs to a path stands behind a backslash.
    for word in words.replace("\\ ", "\0").split_whitespace() {
        let word = word.replace('\0', " ");
        if let Some(folder) = word.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
            println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
        } else if let Some(name) = word.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={name}");
        }
    }
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
}
