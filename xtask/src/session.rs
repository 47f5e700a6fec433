//! The curl session that `up` prints: it buys something, from browsing to the paid order.

const SESSION: &str = include_str!("session.sh");

/// Ready to be pasted into a shell, or to be run by one.
pub(crate) fn render(api: &str, stripe: &str) -> String {
    // An interactive zsh takes a comment for a command.
    let lines = SESSION.lines().filter(|line| !line.starts_with('#'));
    let session: String = lines.flat_map(|line| [line, "\n"]).collect();
    session.replace("{{API}}", api).replace("{{STRIPE}}", stripe)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_session_is_rendered_whole_and_is_valid_shell() {
        let script = render("http://127.0.0.1:3000", "http://127.0.0.1:4000");
        assert!(script.contains("API=http://127.0.0.1:3000\n") && !script.contains("{{"));
        // An interactive shell would take an exclamation mark as a word from its history.
        assert!(!script.contains('!'));
        assert!(SESSION.contains("\n#") && !script.lines().any(|line| line.trim_start().starts_with('#')));
        let checked = Command::new("bash").args(["-n", "-c", &script]).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}
