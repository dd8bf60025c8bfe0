"""What several parts name, as in Pulumi.stg.yaml."""

NAME = "shop-stg"
ACCOUNT, REGION = "123456789012", "us-east-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/stg/database-AbCdEf"
PORT = 8080
