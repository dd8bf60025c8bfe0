class CreateOrders < ActiveRecord::Migration[6.1]
  def change
    enable_extension "pgcrypto"
    create_table(:orders, id: :uuid) { |table| table.integer :quantity, null: false }
  end
end
