"""Who Acme is: its accounts, its services, its keys, and what is wrong with some of them. Data only."""

# fmt: off

HOME, FALLBACK, GLOBAL = "eu-north-1", "eu-west-1", "us-east-1"

PROD, STAGING, DEV = "111111111111", "222222222222", "333333333333"
SANDBOX, SECURITY, BROOKSIDE, CHINA = "444444444444", "555555555555", "666666666666", "777777777777"
PARTNER = "999999999999"  # outside the organisation

WEBSHOP = {"soar:team": "platform", "soar:project": "webshop"}
# name, organisational unit, joined, tags. Brookside was bought in May: nobody has said yet what its account is for.
ACCOUNTS = {
    PROD: ("acme-prod", "Root/Workloads/Prod", "2021-02-01", {**WEBSHOP, "soar:environment": "PROD"}),
    STAGING: ("acme-staging", "Root/Workloads/Staging", "2021-02-01", {**WEBSHOP, "soar:environment": "STAGING"}),
    DEV: ("acme-dev", "Root/Workloads/Dev", "2021-02-01", {**WEBSHOP, "soar:environment": "DEV"}),
    SANDBOX: ("acme-sandbox", "Root/Sandbox", "2022-06-13", {"soar:environment": "DEV", "soar:team": "platform"}),
    SECURITY: ("acme-security", "Root/Security", "2021-02-01", {"soar:environment": "PROD", "soar:team": "security"}),
    BROOKSIDE: ("brookside-main", "Root/Acquired", "2026-05-18", {"soar:client": "brookside"}),
    CHINA: ("acme-china", "Root/Workloads/China", "2023-09-04", {"soar:environment": "PROD", "soar:team": "china-web"}),
}
PREFIX = {PROD: "prod", STAGING: "staging", DEV: "dev", SANDBOX: "sandbox", SECURITY: "sec", BROOKSIDE: "bs", CHINA: "cn"}

# name, team, what it encrypts
SERVICES = [
    ("orders-db", "orders", "the orders database"),
    ("orders-events", "orders", "the orders SNS topic"),
    ("orders-archive", "orders", "order documents kept for ten years"),
    ("payments-db", "payments", "the payments database"),
    ("payments-pan", "payments", "card numbers"),
    ("payments-queue", "payments", "the payments queue"),
    ("catalog-search", "catalog", "the product search index"),
    ("catalog-images", "catalog", "product images before release"),
    ("customers-db", "customers", "the customer database"),
    ("customers-pii", "customers", "names, addresses and dates of birth"),
    ("loyalty-cache", "customers", "the loyalty points cache"),
    ("shipments-db", "logistics", "the shipments database"),
    ("shipments-labels", "logistics", "shipping labels"),
    ("lake-raw", "data", "the data lake, raw zone"),
    ("lake-curated", "data", "the data lake, curated zone"),
    ("warehouse", "data", "the data warehouse"),
    ("ml-features", "data", "the feature store"),
    ("ebs", "platform", "EBS volumes"),
    ("eks-secrets", "platform", "Kubernetes secrets"),
    ("terraform-state", "platform", "Terraform state"),
    ("backups", "platform", "the backup vault"),
    ("secrets", "platform", "Secrets Manager"),
    ("logs", "platform", "CloudWatch log groups"),
    ("sessions", "web", "session data"),
]
ELSEWHERE = {
    STAGING: ["orders-db", "orders-events", "orders-archive", "payments-db", "payments-pan", "catalog-search", "customers-db",
              "customers-pii", "shipments-db", "lake-raw", "warehouse", "ebs", "eks-secrets", "terraform-state", "secrets", "sessions"],
    DEV: ["orders-db", "orders-events", "payments-db", "payments-queue", "catalog-search", "catalog-images", "customers-db",
          "shipments-db", "lake-raw", "ml-features", "ebs", "eks-secrets", "terraform-state", "secrets", "sessions"],
}
OWN = {
    SECURITY: [("cloudtrail", "security", "the organisation's CloudTrail"), ("config", "security", "AWS Config history"),
               ("guardduty", "security", "exported GuardDuty findings"), ("audit-archive", "security", "the audit archive"),
               ("siem", "security", "the SIEM's data"), ("flow-logs", "security", "VPC flow logs"),
               ("macie", "security", "Macie results"), ("access-reviews", "security", "access reviews"), ("forensics", "security", "disk images under investigation")],
    SANDBOX: [("kim-test", None, ""), ("rag-demo", "data", "the search demo"), ("hackday-2025", None, "hack day 2025"),
              ("bedrock-trial", "data", "the Bedrock trial"), ("tmp", None, ""), ("sven", None, "test"),
              ("load-test", "platform", "load test results"), ("cdk-bootstrap", "platform", "CDK assets")],
    BROOKSIDE: [("ledger", None, "general ledger"), ("crm", None, "CRM database"), ("till-sync", None, "till synchronisation"),
                ("fileserver", None, "file server volumes"), ("payroll", None, "payroll exports"),
                ("newsletter", None, "newsletter lists"),
                ("old-shop", None, ""), ("stock", None, "stock database"), ("sql-backup", None, "SQL Server backups"),
                ("s3", None, "default S3 key"), ("wms", "brookside-it", "warehouse management"),
                ("gift-cards", "brookside-it", "gift card numbers")],
    CHINA: [("shop-db", "china-web", "the shop database"), ("shop-media", "china-web", "product media"),
                ("logs", "china-web", "log groups"), ("members", "china-web", "the member database"),
                ("payments", "china-web", "payment records")],
}

# What deviates from the ordinary: (account, name) to the facts that are different.
OFF = {"rotation": None}
FAULTS = {
    (PROD, "orders-archive"): {"deleted_in": 9, "used": 2},
    (PROD, "payments-pan"): {"unknown": "rotation", "policy": "closed"},
    (PROD, "payments-queue"): {"rotation": 730},
    (PROD, "catalog-images"): OFF,
    (PROD, "customers-pii"): {"policy": "partner", "grants": 2},
    (PROD, "shipments-labels"): {"state": "Disabled", "used": 4},
    (PROD, "lake-raw"): {"policy": "any_sso_admin", "shared": True},
    (PROD, "ml-features"): {**OFF, "policy": "console"},
    (PROD, "warehouse"): {"policy": "orphan"},
    (PROD, "loyalty-cache"): {"created": "2023-04-11", "used": 171},
    (PROD, "ebs"): {"grants": 3},
    (PROD, "sessions"): {"description": ""},
    (PROD, "logs"): {"policy": "logs"},
    (STAGING, "orders-archive"): {"deleted_in": 21, "used": 75},
    (STAGING, "payments-pan"): {**OFF, "policy": "public"},
    (STAGING, "catalog-search"): OFF,
    (STAGING, "warehouse"): {"rotation": 1095},
    (STAGING, "customers-pii"): {"created": "2026-06-09", "used": None},
    (STAGING, "sessions"): {"state": "Disabled", "used": 140, "created": "2023-01-24"},
    (DEV, "payments-queue"): {**OFF, "tags": {}},
    (DEV, "catalog-images"): {**OFF, "alias": False},
    (DEV, "customers-db"): {"deleted_in": 5, "used": 33},
    (DEV, "ml-features"): {"created": "2026-04-28", "used": None},
    (DEV, "lake-raw"): {"next_rotation": -3, "created": "2024-11-17"},
    (DEV, "sessions"): {"created": "2026-11-06", "used": None},
    (DEV, "orders-events"): {"unknown": "tags"},
    (SANDBOX, "kim-test"): {**OFF, "used": 203, "alias": False, "policy": "api"},
    (SANDBOX, "hackday-2025"): {**OFF, "created": "2025-09-12", "used": None, "policy": "api"},
    (SANDBOX, "bedrock-trial"): {"policy": "not_principal"},
    (SANDBOX, "tmp"): {**OFF, "created": "2026-07-02", "used": None, "alias": False, "policy": "api"},
    (SANDBOX, "sven"): {"deleted_in": 12, "used": None, "policy": "api"},
    (SECURITY, "cloudtrail"): {"policy": "cloudtrail"},
    (SECURITY, "config"): {"policy": "confused_deputy"},
    (SECURITY, "siem"): {"unknown": "last use"},
    (SECURITY, "forensics"): {"created": "2024-08-20", "used": None, "policy": "fragile"},
    (BROOKSIDE, "ledger"): {**OFF, "policy": "typos", "unknown": "last use"},
    (BROOKSIDE, "crm"): {**OFF, "tags": {"Team": "crm", "soar:team": "brookside-it"}, "unknown": "last use"},
    (BROOKSIDE, "till-sync"): {"rotation": 2560, "tags": {"Owner": "brookside-it"}},
    (BROOKSIDE, "fileserver"): {"state": "Disabled", "created": "2022-03-14", "next_rotation": -251, "used": 260,
        "tags": {"soar:team": "brookside-it"}},
    (BROOKSIDE, "payroll"): {**OFF, "tags": {"soar:team": "brookside-it"}, "policy": "partner"},
    (BROOKSIDE, "newsletter"): {**OFF, "alias": False},
    (BROOKSIDE, "old-shop"): {"deleted_in": 17, "created": "2019-10-02", "used": None, "policy": "api"},
    (BROOKSIDE, "stock"): {"tags": {"soar:team": "brookside-it"}},
    (BROOKSIDE, "sql-backup"): {"state": "Disabled", "used": 16, "created": "2020-08-03", "next_rotation": 256,
        "tags": {"soar:team": "brookside-it"}},
    (BROOKSIDE, "s3"): {"policy": "console", "unknown": "policy", "tags": {"soar:team": "brookside-it"}},
}

# spec and usage
AES = ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


def signs(spec):
    return (spec, "SIGN_VERIFY")


def encrypts(spec):
    return (spec, "ENCRYPT_DECRYPT")


def authenticates(spec):
    return (spec, "GENERATE_VERIFY_MAC")


def encapsulates(spec):
    return (spec, "ENCAPSULATE_DECAPSULATE")


IMPORTED = {"origin": "EXTERNAL"}

# account, region, name, team, description, kind, facts
SPECIAL = [
    (PROD, HOME, "release-signing", "platform", "Signs release artefacts", signs("RSA_4096"), {}),
    (PROD, HOME, "partner-intake", "orders", "Partners encrypt orders for us", encrypts("RSA_3072"), {}),
    (PROD, HOME, "jwt", "web", "Signs access tokens", signs("ECC_NIST_P256"), {}),
    (PROD, HOME, "jwt-2027", "web", "Signs access tokens from 2027 on", signs("ECC_NIST_EDWARDS25519"),
     {"created": "2026-11-02", "used": None}),
    (PROD, HOME, "terminal-exchange", "payments", "Agrees on session keys with card terminals", ("ECC_NIST_P384", "KEY_AGREEMENT"),
     {}),
    (PROD, HOME, "loyalty-chain", "customers", "Signs entries of the loyalty chain", signs("ECC_SECG_P256K1"),
     {"used": 101, "created": "2022-05-30"}),
    (PROD, HOME, "session-mac", "web", "Authenticates session cookies", authenticates("HMAC_256"), {}),
    (PROD, HOME, "webhook-mac", "payments", "Authenticates webhooks", authenticates("HMAC_512"), {"tags": {}}),
    (PROD, HOME, "firmware-signing", "logistics", "Signs scanner firmware for twenty years", signs("ML_DSA_65"), {}),
    (PROD, HOME, "pq-tunnel", "platform", "Key encapsulation for the depot tunnels", encapsulates("ML_KEM_768"), {}),
    (PROD, GLOBAL, "dnssec-acme-example", "platform", "Signs the zone acme.example", signs("ECC_NIST_P256"),
     {"policy": "dnssec"}),
    (PROD, GLOBAL, "cdn-logs", "web", "CloudFront logs", AES, {}),
    (PROD, GLOBAL, "edge-config", "web", "Configuration at the edge", AES, {}),
    (PROD, FALLBACK, "backups-copy", "platform", "Copies of the backup vault", AES, {}),
    (PROD, HOME, "bank-exchange", "payments", "Files exchanged with the bank, under the bank's key", AES,
     {**IMPORTED, "material_expires_in": 12, "created": "2023-12-04"}),
    (PROD, HOME, "tax-archive", "orders", "Tax archive, key kept in the safe", AES,
     {**IMPORTED, "created": "2022-01-10"}),
    (PROD, HOME, "fraud-models", "payments", "Fraud models from the vendor", AES,
     {**IMPORTED, "material_expires_in": 300, "created": "2025-09-15"}),
    (PROD, HOME, "pin-blocks", "payments", "PIN blocks", AES, {"store": "hsm"}),
    (PROD, HOME, "pin-verification", "payments", "PIN verification values", AES, {"store": "hsm"}),
    (PROD, HOME, "card-issuing", "payments", "Gift card issuing", AES, {"store": "hsm", "policy": "console"}),
    (PROD, FALLBACK, "works-council", "people", "Works council files, key held by the council", AES, {"store": "xks"}),
    (PROD, FALLBACK, "medical", "people", "Occupational health files", AES, {"store": "xks"}),
    (STAGING, HOME, "release-signing", "platform", "Signs staging artefacts", signs("RSA_2048"), {}),
    (STAGING, HOME, "jwt", "web", "Signs access tokens", signs("ECC_NIST_P521"), {}),
    (STAGING, HOME, "session-mac", "web", "Authenticates session cookies", authenticates("HMAC_256"),
     {"used": 95, "created": "2022-11-08"}),
    (STAGING, HOME, "bank-exchange", "payments", "Files exchanged with the bank's test system", AES,
     {**IMPORTED, "state": "PendingImport", "used": 19, "created": "2023-12-04"}),
    (STAGING, FALLBACK, "backups-copy", "platform", "Copies of the backup vault", AES, {}),
    (DEV, HOME, "release-signing", "platform", "Signs development builds", signs("RSA_2048"), {"alias": False}),
    (DEV, HOME, "session-mac", "web", "Authenticates session cookies", authenticates("HMAC_384"), {}),
    (DEV, HOME, "firmware-signing", "logistics", "Signs test firmware", signs("ML_DSA_44"), {}),
    (DEV, HOME, "fresh", "platform", "Being created while the snapshot was taken", AES,
     {"state": "Creating", "created": "2026-11-20", "used": None, "rotation": None}),
    (DEV, GLOBAL, "edge-config", "web", "Configuration at the edge", AES, {}),
    (SANDBOX, HOME, "pq-trial", "platform", "Trial of post-quantum signatures", signs("ML_DSA_87"),
     {"created": "2026-02-16", "used": None}),
    (SANDBOX, HOME, "kem-trial", "platform", "Trial of key encapsulation", encapsulates("ML_KEM_1024"),
     {"created": "2026-09-07", "used": None}),
    (SANDBOX, HOME, "byok-trial", "platform", "Trial of imported key material", AES,
     {**IMPORTED, "state": "PendingImport", "created": "2026-11-18", "used": None}),
    (SANDBOX, GLOBAL, "hmac-224", None, "", authenticates("HMAC_224"), {"used": 59, "policy": "api"}),
    (SECURITY, HOME, "evidence-signing", "security", "Signs evidence", signs("ECC_NIST_P384"), {}),
    (SECURITY, HOME, "sops", "security", "Secrets in Git", AES, {"policy": "admins_only"}),
    (SECURITY, GLOBAL, "cloudtrail-global", "security", "CloudTrail of global services", AES, {"policy": "cloudtrail"}),
    (BROOKSIDE, FALLBACK, "hr-vault", "brookside-it", "Personnel files", AES, {"store": "broken", "used": 6}),
    (BROOKSIDE, FALLBACK, "contracts", "brookside-it", "Supplier contracts", AES, {"store": "broken", "used": 6}),
    (BROOKSIDE, FALLBACK, "invoice-signing", "brookside-it", "Signs invoices", signs("RSA_2048"), {}),
    (BROOKSIDE, GLOBAL, "pos-terminals", "brookside-it", "Till terminals", encrypts("RSA_2048"), {}),
    (CHINA, "cn-north-1", "fapiao-signing", "china-web", "Signs invoices", signs("SM2"), {}),
    (CHINA, "cn-north-1", "gov-exchange", "china-web", "Files exchanged with the authorities", encrypts("SM2"), {}),
]

# account, name, team, description, kind, regions (the primary key's first), facts of all of them, facts of single regions
MULTI_REGION = [
    (PROD, "global-sessions", "web", "Sessions that follow the customer", AES, [HOME, FALLBACK, GLOBAL],
     {}, {GLOBAL: {"used": None}}),
    (PROD, "orders-global", "orders", "Global order tables", AES, [HOME, FALLBACK],
     {}, {FALLBACK: {"used": None, "description": ""}}),
    (PROD, "customers-global", "customers", "Global customer tables", AES, [HOME, FALLBACK], OFF, {}),
    (PROD, "wishlist-global", "customers", "Signs links to wish lists", signs("ECC_NIST_P256"), [HOME, GLOBAL], {},
     {HOME: {"replica_window": 7, "used": 48}, GLOBAL: {"used": 1}}),
    (PROD, "token-mac-global", "web", "Authenticates tokens everywhere", authenticates("HMAC_256"), [HOME, GLOBAL],
     {}, {}),
    (STAGING, "orders-global", "orders", "Global order tables", AES, [HOME, FALLBACK],
     {}, {HOME: {"state": "Updating"}}),
    (DEV, "orders-global", "orders", "Global order tables", AES, [HOME, FALLBACK],
     {}, {FALLBACK: {"used": None, "policy": "template"}}),
    (DEV, "token-mac-global", "web", "Authenticates tokens everywhere", authenticates("HMAC_256"), [HOME, FALLBACK], {},
     {HOME: {"replica_window": 30, "used": 25}, FALLBACK: {"used": None}}),
]

STORES = {
    "hsm": (PROD, HOME, "payments-hsm", "AWS_CLOUDHSM", "CONNECTED"),
    "xks": (PROD, FALLBACK, "council-vault", "EXTERNAL_KEY_STORE", "CONNECTED"),
    "broken": (BROOKSIDE, FALLBACK, "brookside-vault", "EXTERNAL_KEY_STORE", "DISCONNECTED"),
}

# the names of AWS managed keys in each account and region
AWS_MANAGED = {
    (PROD, HOME): ["acm", "dynamodb", "ebs", "lambda", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm"],
    (PROD, FALLBACK): ["backup", "ebs", "s3"],
    (PROD, GLOBAL): ["acm", "cloudfront", "s3"],
    (STAGING, HOME): ["acm", "ebs", "rds", "s3", "secretsmanager", "ssm"],
    (DEV, HOME): ["ebs", "glue", "lambda", "rds", "s3", "ssm"],
    (SANDBOX, HOME): ["ebs", "s3", "ssm"],
    (SANDBOX, GLOBAL): ["ebs", "s3"],
    (SECURITY, HOME): ["ebs", "s3", "secretsmanager", "ssm"],
    (BROOKSIDE, FALLBACK): ["ebs", "fsx", "rds", "s3", "ssm", "workspaces"],
    (CHINA, "cn-north-1"): ["ebs", "rds", "s3"],
}

# account and region where a service control policy refuses to list keys
REFUSED_REGIONS = [(SANDBOX, "ap-south-1"), (BROOKSIDE, "ap-southeast-2")]
