//! Uploads: forms and the pictures in them. Nothing panics, hangs or takes more memory than a picture may.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(media::fuzzing::form(bytes));
    // As a picture of each kind, in a form that is right.
    for kind in ["jpeg", "png", "webp"] {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"photo\"\r\nContent-Type: image/{kind}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        runtime.block_on(media::fuzzing::form(&body));
    }
});
