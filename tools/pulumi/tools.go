//go:build tools

// Package tools names the programs that `make pulumi` builds from source.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
