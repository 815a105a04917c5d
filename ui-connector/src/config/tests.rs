use super::*;
use std::fs;

fn env(settings: &[(&'static str, &'static str)]) -> (Env, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "0123456789abcdef").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let base = [("GCP_PROJECT_ID", "acme-desk".to_owned()), ("JWT_SECRET_KEY_PATH", path)];
    let changed = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
    (base.into_iter().chain(changed).collect(), file)
}

fn problems(changes: &[(&'static str, &'static str)]) -> String {
    let (env, _file) = env(changes);
    Config::from_env(env).map_or_else(|problems| problems.to_string(), |_| String::new())
}

#[test]
fn needs_a_project_and_a_secret() {
    let (env, _file) = env(&[]);
    let (_, config) = Config::from_env(env).unwrap();
    assert_eq!((config.settings.auth.agents.name(), config.settings.cors), ("none", AllowedOrigins::Any));
    let nothing = Config::from_env(Env::default()).unwrap_err().to_string();
    assert_eq!(nothing.lines().count(), 2, "{nothing}");
    assert!(nothing.contains("GCP_PROJECT_ID:") && nothing.contains("JWT_SECRET_KEY_PATH:"), "{nothing}");
}

#[test]
fn unknown_options_are_problems() {
    assert!(problems(&[("AUTH_OPTION", "Slaesforce")]).starts_with("AUTH_OPTION:"));
    assert!(problems(&[("CORS_ALLOWED_ORIGINS", "desktop.example")]).starts_with("CORS_ALLOWED_ORIGINS:"));
    assert!(problems(&[("JWT_TOKEN_LIFETIME_MINUTES", "0")]).starts_with("JWT_TOKEN_LIFETIME_MINUTES:"));
    assert_eq!(problems(&[("CORS_ALLOWED_ORIGINS", "https://a.example, http://localhost:3000")]), "");
}

#[test]
fn skip_needs_a_second_word_on_cloud_run() {
    assert_eq!(problems(&[("AUTH_OPTION", "Skip")]), "");
    assert!(problems(&[("AUTH_OPTION", "Skip"), ("K_SERVICE", "ui-connector")]).contains("ALLOW_SKIP_AUTH"));
    assert_eq!(problems(&[("AUTH_OPTION", "Skip"), ("K_SERVICE", "x"), ("ALLOW_SKIP_AUTH", "true")]), "");
}
