//! The variables that the connector reads besides those of every process and of Redis.

use server::client::ProtectedUrl;
use settings::kinds::{FilePath, Flag, Hours, List, Minutes, Number, OneOf, ProjectId, Seconds, Secret, Text};

use crate::base_url::{BaseUrl, Host};
use crate::kinds::{AccountSid, CredentialsFile, Issuer, OrganizationId, Origins};

settings::settings! {
    /// What the connector alone reads.
    pub const CONNECTOR;

    /// The Google Cloud project that is served. Tokens, conversations and calls of other projects are refused.
    GCP_PROJECT_ID: Option<ProjectId>, else "required";
    /// Identity provider that decides about agents at `/register`: see AUTHENTICATION.md. `Skip` admits everyone and is for tests.
    AUTH_OPTION: Option<OneOf<AuthOption>>, else "none: no agent can register";
    /// Identity provider that decides about applications at `/register-app`.
    APP_AUTH_OPTION: Option<OneOf<AppAuthOption>>, else "none: no application can register";
    /// Allows `AUTH_OPTION=Skip` on Cloud Run.
    ALLOW_SKIP_AUTH: Flag = "false";
    /// `Salesforce*`: host that knows the users: `test.salesforce.com` for sandboxes, or your My Domain.
    SALESFORCE_DOMAIN: Host = "login.salesforce.com";
    /// `Salesforce*`: the organization whose users may register.
    SALESFORCE_ORGANIZATION_ID: Option<OrganizationId>, else "required with `Salesforce*`";
    /// Address of Salesforce, for tests and private endpoints.
    SALESFORCE_BASE_URL: Option<BaseUrl>, else "`https://` and `SALESFORCE_DOMAIN`";
    /// `GenesysCloud`: domain of your region (<https://developer.genesys.cloud/platform/api/>).
    GENESYS_CLOUD_ENVIRONMENT: Host = "mypurecloud.com";
    /// `GenesysCloud`: the organization whose users may register.
    GENESYS_CLOUD_ORGANIZATION_ID: Option<Text>, else "none: users of every customer of the region may register, with a warning";
    /// Address of Genesys Cloud, for tests and private endpoints.
    GENESYS_CLOUD_BASE_URL: Option<BaseUrl>, else "`https://api.` and `GENESYS_CLOUD_ENVIRONMENT`";
    /// `Twilio`: host of the Twilio Function `/verify`, such as `acme-1234.twil.io`.
    TWILIO_FLEX_ENVIRONMENT: Option<Host>, else "required with `AUTH_OPTION=Twilio`";
    /// Address of the Twilio Function, for tests and private endpoints.
    TWILIO_FLEX_BASE_URL: Option<BaseUrl>, else "`https://` and `TWILIO_FLEX_ENVIRONMENT`";
    /// `APP_AUTH_OPTION=Twilio`: the account whose applications may register.
    TWILIO_ACCOUNT_SID: Option<AccountSid>, else "required with `APP_AUTH_OPTION=Twilio`";
    /// Address of Twilio's API, for tests and private endpoints.
    TWILIO_API_BASE_URL: BaseUrl = "https://api.twilio.com";
    /// `Five9`: the token that the adapter and the connector share.
    FIVE9_TRUST_TOKEN: Option<Secret<16>>, else "required with `Five9`";
    /// `OIDC`: issuer of the tokens, exactly as in the tokens.
    OIDC_ISSUER: Option<Issuer>, else "required with `OIDC`";
    /// `OIDC`: client ids that the tokens are made for.
    OIDC_AUDIENCE: Option<List<Text>>, else "required with `OIDC`";
    /// `Webhook`: service that decides about tokens.
    AUTH_WEBHOOK_URL: Option<ProtectedUrl>, else "required with `Webhook`";
    /// File of at most 64 KiB with the secrets that sign tokens, one a line. The first line signs, all lines verify: to change the secret, put the new one above the
    /// old one. One newline at the end is not part of it; a carriage return is.
    JWT_SECRET_KEY_PATH: FilePath = "/secret/jwt_secret_key";
    /// Seconds between two checks of the file with the secrets; 0 for none. New secrets take effect without a restart; unusable ones are logged.
    JWT_SECRET_REFRESH_SECONDS: Seconds<0, 3600> = "30";
    /// Minutes that a token is valid. A connection outlives its token and gets the next one in time: see AUTHENTICATION.md.
    JWT_TOKEN_LIFETIME_MINUTES: Minutes<1, 1440> = "60";
    /// Minutes after the end of its connection in which a desktop may connect with an expired token; 0 for none.
    SESSION_GRACE_MINUTES: Minutes<0, 1440> = "15";
    /// Hours after its login at which a session ends, whatever its tokens say.
    SESSION_MAX_HOURS: Hours<1, 168> = "12";
    /// Pages that may call the HTTP routes. Browsers do not apply this to WebSockets, which are protected by the token.
    CORS_ALLOWED_ORIGINS: Origins = "*";
    /// Whether the agent desktop console is served at `/`. It shows a sign-in page to users who cannot register.
    CONSOLE: Flag = "true";
    /// Refused attempts per minute and address (IPv6: /64 network); 0 for no limit. Beyond that `/register` and `/register-app` answer
    /// 429, and a refused socket is closed. Accepted attempts never count, nor do those without a token.
    REFUSED_ATTEMPTS_PER_MINUTE: Number<0, 1_000_000> = "600";
    /// Requests to `/register` and `/register-app` at the same time; further ones get 503.
    MAX_LOGINS: Number<1, 100_000> = "1000";
    /// Socket.IO connections at the same time; further ones get 503.
    MAX_CONNECTIONS: Number<1, 1_000_000> = "100000";
    /// Seconds after which a connection is closed, give or take 5 %, so that its desktop reconnects before the platform cuts it
    /// (Cloud Run: after an hour); 0 for never.
    CONNECTION_LIFETIME_SECONDS: Seconds<0, 86400> = "3300";
    /// Seconds that Dialogflow may take to begin an answer, and then to continue it.
    DIALOGFLOW_TIMEOUT_SECONDS: Seconds<1, 59> = "30";
    /// Calls to Dialogflow at the same time; further ones get 503.
    DIALOGFLOW_MAX_REQUESTS: Number<1, 100_000> = "1000";
    /// Address of Dialogflow, for tests and private endpoints. It receives Google access tokens.
    DIALOGFLOW_ENDPOINT: Option<BaseUrl>, else "Google's, by location";
    /// Credentials with which Dialogflow is called (<https://cloud.google.com/docs/authentication/application-default-credentials>).
    GOOGLE_APPLICATION_CREDENTIALS: Option<CredentialsFile>, else "gcloud's own file, or the metadata server";
}

settings::choices! {
    /// The identity providers for agents.
    pub enum AuthOption {
        Salesforce = "Salesforce",
        SalesforceLwc = "SalesforceLWC",
        GenesysCloud = "GenesysCloud",
        Twilio = "Twilio",
        Five9 = "Five9",
        Oidc = "OIDC",
        Webhook = "Webhook",
        Skip = "Skip",
    }
}

settings::choices! {
    /// The identity providers for applications.
    pub enum AppAuthOption {
        Twilio = "Twilio",
    }
}
